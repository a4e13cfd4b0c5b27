// What screen readers hear of an answer: finished sentences, not tokens.

const HEARD = 12 // sentences that stay in the region

/** The element whose content is spoken. */
const region = () => document.getElementById("spoken")

export function speak(text) {
  const line = document.createElement("p")
  line.textContent = text
  region().append(line)
  while (region().children.length > HEARD) region().firstChild.remove()
}

/** Collects text and speaks each sentence once it has ended. */
export class Sentences {
  #rest = ""
  #segmenter = new Intl.Segmenter(undefined, { granularity: "sentence" })

  add(text) {
    this.#rest += text
    if (!/[.!?…。！？\n]/.test(text)) return
    const sentences = [...this.#segmenter.segment(this.#rest)].map(({ segment }) => segment)
    this.#rest = sentences.pop() ?? ""
    this.#speak(sentences.join(""))
  }

  end() {
    this.#speak(this.#rest)
    this.#rest = ""
  }

  #speak(markdown) {
    const plain = markdown
      .replace(/\]\([^)\s]*\)/g, "")
      .replace(/[*_`#>~|[\]]+|^\s*[-:]+\s*$/gm, " ")
      .replace(/\s+/g, " ")
      .trim()
    if (plain) speak(plain)
  }
}
