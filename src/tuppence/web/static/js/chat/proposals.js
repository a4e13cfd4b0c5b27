// What an answer proposes instead of doing it: it waits below the answer for a yes or a no.
import htmx from "../../vendor/htmx.js"
import { speak } from "./sentences.js"

const onlyLooks = (name) => name.startsWith("get_")

/** Brings what stands below an answer up to date. Cards that are there stay: what was decided in the meantime is known here. */
export function bring(fresh, turn) {
  const shown = turn.querySelector("[data-proposed]")
  const link = fresh.querySelector(":scope > p")
  if (!shown.querySelector(".confirmation")) shown.replaceWith(fresh)
  else if (link && !shown.querySelector(":scope > p")) shown.append(link)
}

export class Proposals {
  #log
  #latest = new WeakMap() // the number of the latest fetch or decision of a turn
  #deciding = new WeakMap() // how many decisions of a turn are under way

  /** log: the conversation. */
  constructor(log) {
    this.#log = log
    log.addEventListener("click", ({ target }) => {
      const button = target.closest("[data-decides]")
      if (button) this.#decide(button)
    })
    document.addEventListener("ledger-changed", () => this.#lookAgain())
  }

  /** A function has answered: what it proposed, if that is what it does, appears below the answer. */
  async update(turn) {
    const names = [...turn.querySelectorAll(".lookup [data-name]")]
    if (names.every((one) => onlyLooks(one.textContent))) return
    document.body.dispatchEvent(new CustomEvent("review-changed", { bubbles: true }))
    await this.#fetch(turn)
  }

  async #fetch(turn) {
    const mine = this.#begin(turn)
    const response = await fetch(`/chat/turns/${turn.dataset.turn}/confirmations`, { headers: { "HX-Request": "true" } }).catch(() => null)
    if (!response?.ok || response.headers.has("HX-Redirect")) return // the end of the turn brings it
    const html = await response.text()
    if (mine !== this.#latest.get(turn) || this.#deciding.get(turn)) return // what comes later knows more
    this.#merge(turn.querySelector("[data-cards]"), new DOMParser().parseFromString(html, "text/html"))
  }

  #begin(turn) {
    const number = (this.#latest.get(turn) ?? 0) + 1
    this.#latest.set(turn, number)
    return number
  }

  #merge(place, found) {
    for (const card of found.querySelectorAll(".confirmation")) {
      const shown = document.getElementById(card.id)
      if (shown === null) {
        place.append(document.adoptNode(card))
        speak(`${card.querySelector("h3").textContent} ${card.querySelector("[data-change]").textContent}`)
      } else if (shown.dataset.state !== card.dataset.state) {
        const stood = shown.contains(document.activeElement)
        shown.replaceWith(document.adoptNode(card))
        if (stood) card.focus({ preventScroll: true })
      }
    }
  }

  async #decide(button) {
    const card = button.closest(".confirmation")
    const turn = card.closest(".turn")
    for (const one of card.querySelectorAll("button")) one.disabled = true
    this.#deciding.set(turn, (this.#deciding.get(turn) ?? 0) + 1)
    try {
      await htmx.ajax("POST", button.dataset.decides, { target: card, swap: "outerHTML" })
    } finally {
      this.#deciding.set(turn, this.#deciding.get(turn) - 1)
    }
    if (card.isConnected) for (const one of card.querySelectorAll("button")) one.disabled = false
    else document.getElementById(card.id)?.focus({ preventScroll: true })
    await this.#fetch(turn) // also what was answered elsewhere
  }

  /** Something was changed or undone elsewhere on the page. */
  #lookAgain() {
    for (const turn of this.#log.querySelectorAll(".turn:has(.confirmation)")) this.#fetch(turn)
  }
}
