// An answer on the page, and how the events of its turn make it grow.
import { Sentences, speak } from "./sentences.js"
import { copyOf } from "./templates.js"
import { Words } from "./words.js"

const named = (name) => {
  const words = name.replace(/^get_/, "").replaceAll("_", " ")
  return name.startsWith("get_") ? `Looking up ${words}` : `Asking to ${words}`
}

export class Answer {
  #element
  #caret = copyOf("caret")
  #words = null
  #thought = null
  #lookups = null
  #waiting = null
  #sentences = new Sentences()

  /** element: the answer of one turn. What it holds already stays; with `isRunning` the rest is still to come. */
  constructor(element, { isRunning }) {
    this.#element = element
    for (const written of element.querySelectorAll("[data-words]")) {
      const goesOn = isRunning && written === element.lastElementChild && written.hasAttribute("data-open")
      const words = new Words(written, goesOn ? this.#caret : null)
      if (goesOn) this.#words = words
      else words.end()
    }
    if (!isRunning) return
    this.#goOn(element.lastElementChild)
    if (this.#words === null) element.append(this.#caret)
  }

  /** Has what comes next join what the server wrote last. */
  #goOn(last) {
    if (last?.dataset.wait !== undefined) {
      this.#wait(last, Number(last.dataset.wait), last.dataset.why)
      last = last.previousElementSibling
    }
    if (last?.classList.contains("lookups")) this.#lookups = last
    else if (last?.classList.contains("thought")) this.#thought = last
  }

  take(events) {
    for (const { name, data } of events) {
      if (name !== "waiting") this.#endWaiting()
      this[`_${name}`](data)
    }
  }

  /** Nothing more will come. */
  end() {
    this.#endWaiting()
    this.#endWords()
    this.#fold()
    this.#sentences.end()
    this.#caret.remove()
  }

  // --------------------------------------------------------------------------------------------------- the events

  _output_text({ text }) {
    this.#fold()
    if (this.#words === null) this.#words = new Words(this.#placed(copyOf("words")), this.#caret)
    this.#words.add(text)
    this.#sentences.add(text)
  }

  _reasoning({ text }) {
    this.#endWords()
    if (this.#thought === null) {
      this.#fold()
      this.#thought = this.#placed(copyOf("thought"))
    }
    this.#thought.querySelector("[data-text]").append(text)
  }

  _function_request({ call_id, name, arguments: given }) {
    this.#endWords()
    this.#thought = null
    this.#lookups ??= this.#placed(copyOf("lookups"))
    const lookup = copyOf("lookup")
    const details = lookup.querySelector("details")
    details.dataset.call = call_id
    details.dataset.state = "running"
    lookup.querySelector("[data-summary]").textContent = `${named(name)}…`
    lookup.querySelector("[data-name]").textContent = name
    lookup.querySelector("[data-arguments]").textContent = JSON.stringify(given, null, 2)
    this.#lookups.querySelector("ul").append(lookup)
    this.#lookups.open = true
    this.#retell()
    speak(`${named(name)}.`)
  }

  _function_result({ call_id, summary, ok }) {
    const calls = this.#element.querySelectorAll(`details[data-call="${CSS.escape(call_id)}"][data-state="running"]`)
    const details = [...calls].at(-1) // some models use their ids again
    if (details === undefined || this.#lookups === null) return
    details.dataset.state = ok ? "done" : "failed"
    details.querySelector("[data-summary]").textContent = summary
    this.#retell()
  }

  /** The end of a round. */
  _response() {
    this.#endWords()
    this.#thought = null
  }

  _waiting({ seconds, why }) {
    this.#endWaiting()
    this.#wait(this.#note(""), seconds, why)
    speak(this.#waiting.note.textContent)
  }

  #wait(note, seconds, why) {
    const until = Date.now() + seconds * 1000
    const show = () => {
      const left = Math.max(0, Math.ceil((until - Date.now()) / 1000))
      note.textContent = left > 0 ? `Asking again in ${left} s: ${why}` : `Asking again: ${why}`
    }
    show()
    this.#waiting = { note, timer: setInterval(show, 1000) }
  }

  _stepped_in({ provider, model, why }) {
    this.#note(`${provider} answers instead, with ${model}. ${why}`)
  }

  _earlier_talk_left_out({ turns }) {
    const what = turns === 1 ? "the first question" : `the first ${turns} questions`
    this.#note(`This chat is longer than the model can read at once: it answers without ${what}.`)
  }

  _turn_completed() {
    this.end()
  }

  _turn_stopped() {
    this.end()
    speak("Stopped.")
  }

  _turn_failed({ message }) {
    this.end()
    speak(message)
  }

  // ------------------------------------------------------------------------------------------------------- within

  /** The element at the end of the answer, before the caret. */
  #placed(element) {
    if (this.#caret.parentNode === this.#element) this.#caret.before(element)
    else this.#element.append(element)
    return element
  }

  #note(text) {
    const note = this.#placed(copyOf("note"))
    note.textContent = text
    return note
  }

  #endWords() {
    this.#words?.end()
    this.#words = null
    this.#element.append(this.#caret)
  }

  #endWaiting() {
    if (this.#waiting === null) return
    clearInterval(this.#waiting.timer)
    this.#waiting.note.remove()
    this.#waiting = null
  }

  /** What was looked at becomes one quiet line. */
  #fold() {
    this.#thought = null
    if (this.#lookups === null) return
    for (const one of this.#lookups.querySelectorAll('[data-state="running"]')) one.dataset.state = "failed"
    this.#retell()
    if (!this.#lookups.matches(":focus-within") && !this.#lookups.querySelector("details[open]")) this.#lookups.open = false
    this.#lookups = null
  }

  /** The line over the lookups says what they are about. */
  #retell() {
    const told = [...this.#lookups.querySelectorAll("[data-summary]")].map((one) => one.textContent)
    this.#lookups.querySelector("[data-all]").textContent = told.join(" · ")
  }
}
