/**
 * The book shelf that the API and the MCP server share.
 *
 * @module
 */

export interface Book {
  readonly id: number;
  readonly title: string;
  readonly author: string;
  readonly isRead: boolean;
}

/** Raised for a book that is not on the shelf. */
export class UnknownBookError extends Error {}

const shelf = new Map<number, Book>();

export function addBook(title: string, author: string): Book {
  const book = { id: shelf.size + 1, title, author, isRead: false };
  shelf.set(book.id, book);
  return book;
}

export function listBooks(isRead?: boolean): Book[] {
  return [...shelf.values()].filter((book) => isRead === undefined || book.isRead === isRead);
}

export function finishBook(id: number): Book {
  const book = shelf.get(id);
  if (book === undefined) throw new UnknownBookError(`There is no book ${id}.`);
  const finished = { ...book, isRead: true };
  shelf.set(id, finished);
  return finished;
}

addBook('The Left Hand of Darkness', 'Ursula K. Le Guin');
addBook('Permutation City', 'Greg Egan');
