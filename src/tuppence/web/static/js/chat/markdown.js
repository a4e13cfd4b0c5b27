// Markdown that grows: appended to the page piece by piece, never rendered again from the start, never as HTML.
import * as smd from "../../vendor/smd.js"
import { Literals, marksImage, restored } from "./held_literally.js"
import { GrowingTable } from "./growing_table.js"

const SAFE = new Set(["http:", "https:", "mailto:"])
const DEEPEST = 16 // levels of nesting that are shown as such

const TAGS = new Map([
  [smd.PARAGRAPH, "p"],
  [smd.LINE_BREAK, "br"],
  [smd.RULE, "hr"],
  [smd.BLOCKQUOTE, "blockquote"],
  [smd.HEADING_1, "h3"], // the page and the question have the ranks above
  [smd.HEADING_2, "h3"],
  [smd.HEADING_3, "h4"],
  [smd.HEADING_4, "h5"],
  [smd.HEADING_5, "h6"],
  [smd.HEADING_6, "h6"],
  [smd.ITALIC_AST, "em"],
  [smd.ITALIC_UND, "em"],
  [smd.STRONG_AST, "strong"],
  [smd.STRONG_UND, "strong"],
  [smd.STRIKE, "s"],
  [smd.CODE_INLINE, "code"],
  [smd.LIST_UNORDERED, "ul"],
  [smd.LIST_ORDERED, "ol"],
  [smd.LIST_ITEM, "li"],
])
const BLOCKS_OF_CODE = new Set([smd.CODE_BLOCK, smd.CODE_FENCE])
const LINKS = new Set([smd.LINK, smd.RAW_URL])
const BEHIND_ADDRESS = /[.,;:!?"'*_)\]]+$/ // ends the sentence, not the address

/** The address if a link may lead there, else null. What follows a space is a title. */
export function safeAddress(written) {
  const [address] = written.trim().replace(/^<|>$/g, "").split(/\s/)
  try {
    return SAFE.has(new URL(address).protocol) ? address : null
  } catch {
    return null
  }
}

/** An answer in `root`: `write` pieces of Markdown as they come, then `end`. */
export class Markdown {
  #parser
  #page
  #literals = new Literals()
  #caret

  /**
   * caret: an element that shows that more is coming; it follows the last word until the end.
   * code: makes what stands around a block of code; it holds an empty `code`.
   */
  constructor(root, { caret = null, code = bareCode } = {}) {
    this.#caret = caret
    this.#page = new Page(root, code)
    this.#parser = smd.parser(this.#page.renderer)
    this.#page.parser = this.#parser
    Object.assign(this.#parser, { tokens: [...this.#parser.tokens], spaces: [...this.#parser.spaces] }) // any depth
  }

  write(text) {
    this.#caret?.remove()
    this.#feed(this.#literals.passed(text))
    if (this.#caret) this.#page.place(this.#caret)
  }

  end() {
    this.#caret?.remove()
    this.#feed(this.#literals.passed("", { last: true }))
    this.#release()
    smd.parser_end(this.#parser)
    this.#page.finish()
  }

  #feed(text) {
    for (const character of text) {
      if (character === "\n") this.#release()
      smd.parser_write(this.#parser, character) // one by one: what comes out depends on no cut
    }
  }

  /** An address does not go on in the next line: what was taken for one is text. */
  #release() {
    const { token, pending } = this.#parser
    if (token !== smd.LINK || !pending.startsWith("](")) return
    this.#page.addText(pending)
    this.#parser.pending = ""
  }
}

function bareCode() {
  const block = document.createElement("pre")
  block.tabIndex = 0 // it scrolls, by keys as well
  block.append(document.createElement("code"))
  return block
}

/** What the parser draws on. */
class Page {
  parser = null
  #open
  #imageFollows = false
  #loose = null
  #code

  constructor(root, code) {
    this.#code = code
    this.#open = [{ token: null, node: root, inCode: false }]
    this.renderer = {
      data: this,
      add_token: (page, token) => page.#begin(token),
      end_token: (page) => page.#end(),
      add_text: (page, text) => page.addText(text),
      set_attr: (page, name, value) => page.#set(name, value),
    }
  }

  get #top() {
    return this.#open[this.#open.length - 1]
  }

  addText(text) {
    const { inCode } = this.#top
    this.#imageFollows = !inCode && marksImage(text)
    const shown = restored(text, { inCode })
    if (!shown) return
    const node = this.#top.token === null ? this.#loosePlace() : this.#place()
    const last = node.lastChild
    if (last?.nodeType === Node.TEXT_NODE) last.appendData(shown)
    else node.append(shown)
  }

  /** Puts the caret behind the last word. */
  place(caret) {
    const { node, token } = this.#top
    if (token !== smd.TABLE && token !== smd.TABLE_ROW) node.append(caret)
  }

  finish() {
    while (this.#open.length > 1) this.#end()
  }

  /** Where words go. Beside the cells of a table there is no place for any, so that they go behind it. */
  #place() {
    const { node, token, table } = this.#top
    if (token === smd.TABLE || token === smd.TABLE_ROW) {
      const behind = table.element.nextElementSibling ?? document.createElement("p")
      if (!behind.parentNode) table.element.after(behind)
      return behind
    }
    return node
  }

  /** A paragraph for words that belong to no block yet; one that begins right behind them is theirs. */
  #loosePlace() {
    const { node } = this.#top
    if (this.#loose === null || this.#loose !== node.lastChild) {
      this.#loose = node.appendChild(document.createElement("p"))
    }
    return this.#loose
  }

  #takenLoose() {
    const paragraph = this.#loose
    this.#loose = null
    return paragraph
  }

  #begin(token) {
    const above = this.#top
    if (this.#open.length > DEEPEST && !above.table) {
      this.#open.push({ ...above, token, isFlat: true })
      return
    }
    const frame = { token, node: null, inCode: above.inCode, table: above.table, isImage: false }
    if (token === smd.TABLE) {
      frame.table = new GrowingTable()
      frame.node = frame.table.element
      this.#place().append(frame.node)
    } else if (token === smd.TABLE_ROW) {
      frame.node = frame.table.beginRow()
    } else if (token === smd.TABLE_CELL) {
      frame.node = frame.table.beginCell()
    } else {
      frame.node = this.#element(token, frame)
    }
    this.#open.push(frame)
  }

  #element(token, frame) {
    const place = this.#place()
    if (BLOCKS_OF_CODE.has(token)) {
      frame.inCode = true
      const block = this.#code()
      place.append(block)
      return block.querySelector("code")
    }
    if (token === smd.CODE_INLINE) frame.inCode = true
    if (LINKS.has(token)) frame.isImage = this.#imageFollows
    if (token === smd.PARAGRAPH && this.#loose !== null && this.#loose === place.lastChild) return this.#takenLoose()
    const node = document.createElement(LINKS.has(token) ? "a" : (TAGS.get(token) ?? "span"))
    if (token === smd.CHECKBOX) node.textContent = "☐"
    place.append(node)
    return node
  }

  #end() {
    const frame = this.#open.pop()
    if (frame.isFlat) return
    if (LINKS.has(frame.token)) this.#endLink(frame)
    if (frame.token === smd.TABLE_CELL) frame.table.endCell()
    if (frame.token === smd.TABLE_ROW) frame.table.endRow()
    if (frame.token === smd.TABLE) frame.table.end()
  }

  #endLink(frame) {
    if (!frame.node.hasAttribute("href")) this.#unlink(frame)
    else if (frame.behind) {
      const { lastChild } = frame.node
      const at = lastChild.data.length - frame.behind.length
      frame.node.after(lastChild.data.slice(at))
      lastChild.deleteData(at, frame.behind.length)
    }
  }

  /** What turned out to be no link is what was written; a link that leads nowhere we go is its words. */
  #unlink({ token, node, isImage, isRefused }) {
    if (token === smd.LINK && !isRefused) {
      node.prepend(isImage ? "![" : "[")
      if (this.parser.pending === "]") node.append("]")
    }
    node.replaceWith(...node.childNodes)
    this.#top.node.normalize()
  }

  #set(name, value) {
    const frame = this.#top
    const written = restored(value, { inCode: true })
    if (frame.isFlat) return
    if (name === smd.HREF) {
      if (frame.token === smd.RAW_URL) frame.behind = BEHIND_ADDRESS.exec(written)?.[0] ?? ""
      const address = safeAddress(written.slice(0, written.length - (frame.behind ?? "").length))
      frame.isRefused = address === null
      if (address !== null) setLink(frame.node, address)
    } else if (name === smd.START && /^\d{1,9}$/.test(written)) {
      frame.node.start = Number(written)
    } else if (name === smd.CHECKED) {
      frame.node.textContent = "☑"
    }
  }
}

function setLink(node, address) {
  node.href = address
  node.target = "_blank"
  node.rel = "noopener noreferrer nofollow"
}
