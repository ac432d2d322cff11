/** A user as GitLab shows one. */
export const shownUser = ({ id, username }: { readonly id: number; readonly username: string }, url: string) => ({
  id,
  username,
  name: username,
  state: 'active',
  avatar_url: null,
  web_url: `${url}/${username}`,
});
export type ShownUser = ReturnType<typeof shownUser>;
