// Characters that the Markdown parser would take for more than they are. They pass through it as noncharacters of
// Unicode, which no text may hold, and become themselves again on the page.

const PASSED = { $: "\uFDD0", _: "\uFDD1", "*": "\uFDD2", "(": "\uFDD3", "[": "\uFDD4", "!": "\uFDD5" }
const FOREIGN = /[\uFDD0-\uFDEF]/g
const OURS = /[\uFDD0-\uFDD5]/g

const IN_CODE = { "\uFDD0": "$", "\uFDD1": "_", "\uFDD2": "*", "\uFDD3": "\\(", "\uFDD4": "\\[", "\uFDD5": "!" }
const IN_TEXT = { ...IN_CODE, "\uFDD3": "(", "\uFDD4": "[", "\uFDD5": "" }

const isWord = (character) => /[\p{L}\p{N}]/u.test(character)
const isDigit = (character) => /[0-9]/.test(character)

/** The text as it was written; in code nothing is escaped, and the mark of an image is a mere "!". */
export const restored = (text, { inCode }) => text.replace(OURS, (held) => (inCode ? IN_CODE : IN_TEXT)[held])

/** Whether a piece of text ends with the mark of an image, whose "[alt](address)" comes next. */
export const marksImage = (text) => text.endsWith(PASSED["!"])

/**
 * Lets text through in pieces, however it was cut, and holds back what needs its next character to be understood.
 *
 * Amounts are no formulas ("$12 and $15"), nor is anything else; names keep their underscores, products their
 * asterisks; images become links, as a page of ours loads nothing from elsewhere.
 */
export class Literals {
  #previous = ""
  #held = ""

  passed(chunk, { last = false } = {}) {
    const text = this.#held + chunk.replace(FOREIGN, "")
    this.#held = ""
    let out = ""
    for (let at = 0; at < text.length; at += 1) {
      const [character, next] = [text[at], text[at + 1]]
      if (next === undefined && !last && "\\_*!".includes(character)) {
        this.#held = character
        break
      }
      if (character === "\\" && next !== undefined) {
        out += next === "(" || next === "[" ? PASSED[next] : character + (next === "$" ? PASSED.$ : next)
        this.#previous = next
        at += 1
        continue
      }
      out += this.#isLiteral(character, next ?? "") ? PASSED[character] : character
      this.#previous = character
    }
    return out
  }

  #isLiteral(character, next) {
    if (character === "$") return true
    if (character === "!") return next === "["
    if (character === "_") return isWord(this.#previous) && isWord(next)
    return character === "*" && isDigit(this.#previous) && isDigit(next)
  }
}
