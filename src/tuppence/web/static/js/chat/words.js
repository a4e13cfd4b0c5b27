// One run of an answer's words: Markdown as it was written, and the same on the page.
import { Markdown } from "./markdown.js"
import { copyOf } from "./templates.js"

const all = new WeakMap()

export class Words {
  #element
  #markdown
  text = ""

  /** element: its text, if it has some, is the Markdown so far. */
  constructor(element, caret = null) {
    const written = element.textContent
    element.replaceChildren()
    element.classList.add("shown")
    this.#element = element
    this.#markdown = new Markdown(element, { caret, code: () => copyOf("code") })
    all.set(element, this)
    if (written) this.add(written)
  }

  add(text) {
    this.text += text
    this.#markdown.write(text)
  }

  end() {
    this.#markdown.end()
    if (!this.#element.hasChildNodes()) this.#element.remove()
  }
}

/** The Markdown of all words within an element, as one would copy it. */
export const markdownIn = (element) =>
  [...element.querySelectorAll("[data-words]")]
    .map((one) => all.get(one)?.text ?? one.textContent)
    .join("\n\n")
    .trim()
