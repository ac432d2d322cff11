/**
 * One page of a list and the headers that lead to the others, as GitLab gives them: 20 items where the question does
 * not say, 100 at most. https://docs.gitlab.com/api/rest/#offset-based-pagination
 * @param url the question, with `page` and `per_page`
 */
export function pageOf<T>(list: readonly T[], url: URL): { items: T[]; headers: Readonly<Record<string, string>> } {
  const asked = (name: string, otherwise: number) => {
    const value = Number(url.searchParams.get(name) ?? otherwise);
    return Number.isInteger(value) && value > 0 ? value : otherwise;
  };
  const perPage = Math.min(100, asked('per_page', 20));
  const page = asked('page', 1);
  const last = Math.max(1, Math.ceil(list.length / perPage));
  const next = page < last ? String(page + 1) : '';
  const link = (to: number, rel: string) => {
    const there = new URL(url);
    there.searchParams.set('page', String(to));
    there.searchParams.set('per_page', String(perPage));
    return `<${there.href}>; rel="${rel}"`;
  };
  const links = [...(next ? [link(page + 1, 'next')] : []), link(1, 'first'), link(last, 'last')];
  const headers = {
    'x-page': String(page),
    'x-per-page': String(perPage),
    'x-next-page': next,
    'x-total': String(list.length),
    'x-total-pages': String(last),
    link: links.join(', '),
  };
  return { items: list.slice((page - 1) * perPage, page * perPage), headers };
}
