// Where questions are typed. What was typed survives a failed request, a reload and a look at another chat.

const LINES = 8

export class Composer extends EventTarget {
  #form
  #field
  #stop
  #send
  #problem
  #clientId = null

  /** form: the composer's. It fires "ask" with {text, clientId}, "stop" and "edit-last". */
  constructor(form, chat) {
    super()
    this.#form = form
    this.#field = form.elements.text
    this.#send = form.querySelector("[data-send]")
    this.#stop = form.querySelector("[data-stop]")
    this.#problem = form.querySelector("[data-problem]")
    this.chat = chat
    this.#restore()
    this.#field.addEventListener("input", () => this.#typed())
    this.#field.addEventListener("keydown", (event) => this.#pressed(event))
    this.#stop.addEventListener("click", () => this.dispatchEvent(new Event("stop")))
    form.addEventListener("submit", (event) => (event.preventDefault(), this.#submit()))
    this.#grow()
  }

  get text() {
    return this.#field.value
  }

  focus() {
    this.#field.focus()
  }

  /** Puts a question into the field, or clears it. */
  fill(text) {
    this.#field.value = text
    this.#typed()
  }

  /** The question has arrived: the next one is another one. */
  accepted() {
    this.#clientId = null
    this.#forget()
    this.problem(null)
  }

  /** The question did not arrive: it stays, and sending it again sends the same one. */
  refused(text, clientId, message, link) {
    if (this.text === "") this.fill(text)
    this.#clientId = this.text === text ? clientId : null
    this.#keep()
    this.problem(message, link)
  }

  /** Says what went wrong, or nothing. link: an element that leads to where it can be mended. */
  problem(message, link = "") {
    this.#problem.hidden = message === null
    this.#problem.replaceChildren(message ?? "", " ", link)
  }

  /** Whether the chat is answering: then there is something to stop, and nothing can be asked. */
  set isBusy(isBusy) {
    const hadFocus = document.activeElement === this.#stop || document.activeElement === this.#send
    this.#stop.hidden = !isBusy
    this.#send.hidden = isBusy
    this.#isBusy = isBusy
    if (hadFocus) this.focus()
  }

  #isBusy = false

  #submit() {
    const text = this.text.trim()
    if (text === "" || this.#isBusy) return
    this.#clientId ??= newId()
    this.#keep()
    const clientId = this.#clientId
    this.fill("")
    this.dispatchEvent(new CustomEvent("ask", { detail: { text, clientId } }))
  }

  #pressed(event) {
    if (event.isComposing) return
    if (event.key === "Enter" && !event.shiftKey && !event.altKey && !event.ctrlKey && !event.metaKey) {
      event.preventDefault()
      this.#submit()
    } else if (event.key === "ArrowUp" && this.text === "") {
      event.preventDefault()
      this.dispatchEvent(new Event("edit-last"))
    }
  }

  #typed() {
    if (this.text !== "") this.problem(null)
    this.#clientId = null
    this.#keep()
    this.#grow()
  }

  #grow() {
    grow(this.#field, LINES)
  }

  // A draft per chat, in this window only. With it goes the id of a question that was sent and may not have arrived.

  get #key() {
    return `draft:${this.chat ?? "new"}`
  }

  #keep() {
    if (this.text === "") return
    sessionStorage.setItem(this.#key, JSON.stringify({ text: this.text, clientId: this.#clientId }))
  }

  #forget() {
    sessionStorage.removeItem(this.#key)
  }

  #restore() {
    const draft = JSON.parse(sessionStorage.getItem(this.#key) ?? "null")
    if (draft === null || this.text !== "") return
    this.#field.value = draft.text
    this.#clientId = draft.clientId
  }
}

/** As high as its text, up to so many lines, in browsers that do not know `field-sizing`. */
export function grow(field, lines) {
  if (CSS.supports("field-sizing", "content")) return
  field.style.height = "auto"
  const { lineHeight, paddingTop, paddingBottom } = getComputedStyle(field)
  const most = lines * parseFloat(lineHeight) + parseFloat(paddingTop) + parseFloat(paddingBottom)
  field.style.height = `${Math.min(field.scrollHeight + 2, Math.ceil(most) + 2)}px`
  field.style.overflowY = field.scrollHeight > most + 2 ? "auto" : "hidden"
}

/** The asker's own id for a question. */
export const newId = () =>
  [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("")

