// The pieces of a page that come later: empty ones, which the server wrote into the page.

/** A copy of what the template of this name holds. */
export const copyOf = (name) => document.getElementById(`${name}-template`).content.firstElementChild.cloneNode(true)
