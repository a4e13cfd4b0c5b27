// The choice of the model, remembered per chat.
import { ask } from "../app.js"

export class Picker {
  #select
  #key

  /** select: holds the model that would answer now; the others are fetched. */
  constructor(select, chat) {
    this.#select = select
    this.chat = chat
    select.addEventListener("change", () => localStorage.setItem(this.#key, select.value))
    this.#fill()
  }

  /** The chat whose choice this is; null before it exists. */
  set chat(chat) {
    const before = this.#key && localStorage.getItem(this.#key)
    this.#key = `model:${chat ?? "new"}`
    if (before && chat !== null) localStorage.setItem(this.#key, before)
  }

  /** What to send along with a question; undefined: whoever answers usually. */
  get model() {
    return this.#select.value || undefined
  }

  open() {
    this.#select.focus()
    this.#select.showPicker?.()
  }

  async #fill() {
    let offered
    try {
      offered = await ask("GET", "/api/models")
    } catch {
      return // the usual model can be asked without the list
    }
    const chosen = localStorage.getItem(this.#key) ?? this.#select.value
    const groups = new Map()
    for (const { model, provider, name, is_default } of offered.models) {
      if (!groups.has(provider)) groups.set(provider, [])
      const option = new Option(name, model, is_default, model === chosen)
      groups.get(provider).push(option)
    }
    if (groups.size === 0) return
    const known = [...groups.values()].flat()
    if (chosen && !known.some((option) => option.value === chosen)) known[0].selected = known.every((one) => !one.selected)
    this.#select.replaceChildren(
      ...[...groups].map(([provider, options]) => {
        const group = document.createElement("optgroup")
        group.label = provider
        group.append(...options)
        return group
      }),
    )
    this.#select.disabled = false
  }
}
