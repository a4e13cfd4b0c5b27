// What an answer rests on: beside a wide chat a lookup opens in a panel, elsewhere where it stands.
import htmx from "../../vendor/htmx.js"

const wide = matchMedia("(min-width: 1200px)")

/** Which of the lookups of a turn whose call has the same id this one is, from 1: some models use their ids again. */
export function nthOf(lookup) {
  const same = lookup.closest(".turn").querySelectorAll(`details[data-call="${CSS.escape(lookup.dataset.call)}"]`)
  return [...same].indexOf(lookup) + 1
}

export class Evidence {
  #panel
  #log
  #title
  #shown = null

  /** panel: where a lookup is shown. log: the conversation in which the lookups stand. */
  constructor(panel, log) {
    this.#panel = panel
    this.#log = log
    this.#title = panel.querySelector("h2")
    panel.querySelector("[data-closes-evidence]").addEventListener("click", () => this.close())
    log.addEventListener("click", (event) => this.#clicked(event))
    wide.addEventListener("change", () => this.close({ focus: false }))
    this.#restore()
  }

  get isOpen() {
    return !this.#panel.hidden
  }

  /** Whether an event happened in the panel. */
  holds(event) {
    return this.#panel.contains(event.target)
  }

  open(lookup, { focus = true } = {}) {
    const { call } = lookup.dataset
    const { turn } = lookup.closest(".turn").dataset
    const nth = nthOf(lookup)
    this.#unmark()
    this.#shown = { turn, call, nth }
    this.#mark(lookup)
    this.#title.textContent = lookup.querySelector("[data-summary]").textContent
    this.#panel.hidden = false
    this.#remember(`${turn}/${encodeURIComponent(call)}/${nth}`)
    const address = `/chat/evidence/${turn}/${encodeURIComponent(call)}?nth=${nth}`
    htmx.ajax("GET", address, { target: "#evidence-body", swap: "innerHTML" })
    if (focus) this.#title.focus()
  }

  /** focus: whether it returns to the lookup. */
  close({ focus = true } = {}) {
    if (!this.isOpen) return
    const lookup = this.#lookup()
    this.#unmark()
    this.#shown = null
    this.#panel.hidden = true
    this.#panel.querySelector("#evidence-body").replaceChildren()
    this.#remember(null)
    if (!focus) return
    const group = lookup?.closest(".lookups")
    const opener = group?.open ? lookup.querySelector("summary") : group?.querySelector("summary")
    ;(opener ?? document.getElementById("text")).focus()
  }

  /** The conversation has changed: what is gone from it is not shown any more, what is new is marked. */
  update() {
    if (!this.isOpen) return
    const lookup = this.#lookup()
    if (lookup === null) return this.close({ focus: false })
    this.#mark(lookup)
    this.#title.textContent = lookup.querySelector("[data-summary]").textContent
  }

  #clicked(event) {
    const summary = event.target.closest("summary")
    if (!wide.matches || summary === null) return
    const lookup = this.#meant(summary.parentNode)
    if (lookup === null || lookup.dataset.call === undefined) return
    event.preventDefault()
    if (lookup === this.#lookup()) this.close()
    else this.open(lookup)
  }

  /** The lookup that a line stands for: its own, or the only one of a folded group. */
  #meant(details) {
    if (details.matches(".lookup")) return details
    const within = details.querySelectorAll(".lookup")
    return details.matches(".lookups:not([open])") && within.length === 1 ? within[0] : null
  }

  #lookup() {
    if (this.#shown === null) return null
    const { turn, call, nth } = this.#shown
    const same = this.#log.querySelectorAll(`#turn-${turn} details[data-call="${CSS.escape(call)}"]`)
    return same[nth - 1] ?? null
  }

  #mark(lookup) {
    lookup.dataset.shown = ""
    lookup.closest(".lookups").dataset.shown = ""
  }

  #unmark() {
    for (const one of this.#log.querySelectorAll("[data-shown]")) delete one.dataset.shown
  }

  // The address names what is shown.

  #remember(place) {
    const address = new URL(location.href)
    if (place === null) address.searchParams.delete("evidence")
    else address.searchParams.set("evidence", place)
    history.replaceState(history.state, "", address)
  }

  #restore() {
    const [turn, call, nth] = (new URL(location.href).searchParams.get("evidence") ?? "").split("/")
    if (!wide.matches || !nth) return
    this.#shown = { turn: CSS.escape(turn), call: decodeURIComponent(call), nth: Number(nth) }
    const lookup = this.#lookup()
    if (lookup !== null) this.open(lookup, { focus: false })
    else this.#shown = null
  }
}
