// A question that is edited where it stands, to be asked again.
import { grow, newId } from "./composer.js"
import { copyOf } from "./templates.js"

/** Opens the question of a turn for editing. onAsk: gets {text, clientId, edits}; a failure it throws is shown. */
export function edit(turn, onAsk) {
  if (turn.querySelector("form.editor")) return
  const question = turn.querySelector("[data-question]")
  const block = question.closest(".question")
  const form = copyOf("editor")
  const field = form.elements.text
  let clientId = newId()
  field.value = question.textContent
  block.hidden = true
  block.after(form)
  grow(field, 16)
  field.focus()
  field.setSelectionRange(field.value.length, field.value.length)

  const close = () => {
    form.remove()
    block.hidden = false
  }
  field.addEventListener("input", () => {
    clientId = newId()
    grow(field, 16)
  })
  form.querySelector("[data-cancel]").addEventListener("click", () => (close(), block.querySelector("button")?.focus()))
  form.addEventListener("keydown", (event) => {
    if (event.isComposing) return
    if (event.key === "Escape") {
      event.stopPropagation()
      close()
      block.querySelector("button")?.focus()
    } else if (event.key === "Enter" && !event.shiftKey && event.target === field) {
      event.preventDefault()
      form.requestSubmit()
    }
  })
  form.addEventListener("submit", async (event) => {
    event.preventDefault()
    const text = field.value.trim()
    if (text === "") return
    try {
      await onAsk({ text, clientId, edits: turn.dataset.turn })
      close()
    } catch (problem) {
      const shown = form.querySelector("[data-problem]")
      shown.textContent = problem.message
      shown.hidden = false
    }
  })
}
