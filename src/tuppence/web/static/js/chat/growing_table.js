// A table that grows by rows. The columns get their widths once, when the first row of figures is known, and keep them.

const NUMERIC = /^[(+\-−–~≈<>]*\s*(\p{Sc}|[A-Z]{3}\s)?\s*[+\-−–]?\s*\d[\d\s.,'’]*\s*(%|\p{Sc}|[A-Z]{3})?\)?$/u
const TEXT = { least: 5, most: 28, narrow: 12 } // characters by which a column of words is reckoned
const FIGURES = { least: 11, most: 40, narrow: 40 } // figures are never broken: the table rather scrolls
const AROUND = 2.5 // characters of space beside a column's text

export class GrowingTable {
  #table = document.createElement("table")
  #head = this.#table.createTHead()
  #body = this.#table.createTBody()
  #row = null
  #cell = null
  #numeric = []
  #longest = []
  #columns = null

  constructor() {
    this.element = document.createElement("div")
    this.element.className = "scroll-x"
    this.element.hidden = true
    this.element.append(this.#table)
    this.#table.className = "table"
  }

  beginRow() {
    const isHead = this.#head.rows.length === 0
    this.#row = (isHead ? this.#head : this.#body).insertRow()
    return this.#row
  }

  beginCell() {
    this.#cell = document.createElement(this.#isInHead ? "th" : "td")
    if (this.#isInHead) this.#cell.scope = "col"
    this.#row.append(this.#cell)
    if (this.#numeric[this.#cell.cellIndex]) this.#cell.classList.add("number")
    return this.#cell
  }

  endCell() {
    const text = this.#cell.textContent.trim()
    const at = this.#cell.cellIndex
    if (!this.#isInHead && text !== "" && this.#numeric[at] === undefined) this.#judge(at, NUMERIC.test(text))
    if (this.#columns === null) this.#longest[at] = Math.max(this.#longest[at] ?? 0, text.length)
    else if (this.#numeric[at] && text.length > this.#reckoned(at)) this.#widen(at, text.length)
  }

  endRow() {
    if (this.#columns === null && !this.#isInHead) this.#settle()
  }

  end() {
    if (this.#columns === null) this.#settle()
  }

  get #isInHead() {
    return this.#row.parentNode === this.#head
  }

  /** The first figure of a column says that it is one of figures. */
  #judge(at, isNumeric) {
    this.#numeric[at] = isNumeric
    if (!isNumeric) return
    for (const row of this.#table.rows) row.cells[at]?.classList.add("number")
  }

  /** Shows the table, with widths by what the head and the first row hold. */
  #settle() {
    const group = document.createElement("colgroup")
    this.#columns = this.#longest.map(() => group.appendChild(document.createElement("col")))
    this.#table.prepend(group)
    this.#share()
    this.element.hidden = false
  }

  /** Only a figure that would not fit moves the columns. */
  #widen(at, length) {
    this.#longest[at] = length
    this.#share()
  }

  #share() {
    const lengths = this.#columns.map((_, at) => this.#reckoned(at) + AROUND)
    const all = lengths.reduce((sum, length) => sum + length, 0)
    const least = this.#columns.map((_, at) => Math.min(this.#reckoned(at), this.#kind(at).narrow) + AROUND)
    for (const [at, column] of this.#columns.entries()) column.style.width = `${((100 * lengths[at]) / all).toFixed(2)}%`
    this.#table.style.minWidth = `${least.reduce((sum, length) => sum + length, 0)}ch`
  }

  #kind(at) {
    return this.#numeric[at] ? FIGURES : TEXT
  }

  /** Characters by which a column's width is reckoned. */
  #reckoned(at) {
    const { least, most } = this.#kind(at)
    return Math.min(Math.max(this.#longest[at] ?? 0, least), most)
  }
}
