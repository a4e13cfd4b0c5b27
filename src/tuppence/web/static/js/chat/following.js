// The page follows a growing answer only while the reader is at its end.

const NEAR = 48 // px from the end that count as the end

export class Following {
  #view
  #button
  #follows = true
  #top = 0

  /** view: what scrolls. content: what grows in it. button: leads to the end, shown while the reader is elsewhere. */
  constructor(view, content, button) {
    this.#view = view
    this.#button = button
    const grown = new ResizeObserver(() => (this.#follows ? this.#scroll() : this.#show()))
    grown.observe(content)
    grown.observe(view)
    view.addEventListener("scroll", () => this.#scrolled(), { passive: true })
    button.addEventListener("click", () => this.toEnd())
  }

  toEnd() {
    this.#follows = true
    this.#scroll()
  }

  get #isNear() {
    const { scrollTop, scrollHeight, clientHeight } = this.#view
    return scrollHeight - scrollTop - clientHeight < NEAR
  }

  #scroll() {
    this.#view.scrollTop = this.#view.scrollHeight
    this.#show()
  }

  /** Only somebody who goes up leaves the end: that the content has grown meanwhile says nothing. */
  #scrolled() {
    const { scrollTop } = this.#view
    if (this.#isNear) this.#follows = true
    else if (scrollTop < this.#top) this.#follows = false
    this.#top = scrollTop
    this.#show()
  }

  #show() {
    this.#button.hidden = this.#follows || this.#isNear
  }
}
