/** What an entry of a folder is, as git writes it: https://git-scm.com/book/en/v2/Git-Internals-Git-Objects#_tree_objects */
export const mode = {
  file: '100644',
  executable: '100755',
  folder: '040000',
  link: '120000',
  submodule: '160000',
} as const;
