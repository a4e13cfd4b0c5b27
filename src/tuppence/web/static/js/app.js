// What every page has: requests that carry the session's token, messages with an undo, and errors that say what to do.
import "../vendor/htmx.js"

const token = () => document.querySelector('meta[name="csrf-token"]')?.content ?? ""

document.addEventListener("htmx:config:request", (event) => {
  event.detail.ctx.request.headers["X-CSRF-Token"] = token()
})

/** A request of ours: the session's token goes with it. `json` is sent as the body. Throws Problem. */
export async function ask(method, url, json) {
  const headers = { "X-CSRF-Token": token(), Accept: "application/json" }
  if (json !== undefined) headers["Content-Type"] = "application/json"
  let response
  try {
    response = await fetch(url, { method, headers, body: json === undefined ? undefined : JSON.stringify(json) })
  } catch {
    throw new Problem(0, "offline", "The server cannot be reached. Check the connection, then try again.", {})
  }
  if (response.status === 401) location.assign("/sign-in")
  const body = response.headers.get("content-type")?.includes("json") ? await response.json() : {}
  if (!response.ok) throw new Problem(response.status, body.code, body.message ?? `The server answered ${response.status}.`, body)
  return body
}

export class Problem extends Error {
  constructor(status, code, message, body) {
    super(message)
    Object.assign(this, { status, code, body })
  }
}

/** Says something at the edge of the page, with a button when there is something to do about it. */
export function tell(text, { action, then, bad = false } = {}) {
  const toast = document.createElement("div")
  toast.className = bad ? "toast bad" : "toast"
  const words = document.createElement("span")
  words.textContent = text
  toast.append(words)
  const leave = () => toast.remove()
  if (action) {
    const button = document.createElement("button")
    button.type = "button"
    button.textContent = action
    button.addEventListener("click", () => (leave(), then()))
    toast.append(button)
  }
  const toasts = document.getElementById("toasts")
  while (toasts.children.length > 2) toasts.firstChild.remove()
  toasts.append(toast)
  let timer = setTimeout(leave, bad || action ? 12000 : 5000)
  toast.addEventListener("pointerenter", () => clearTimeout(timer))
  toast.addEventListener("pointerleave", () => (timer = setTimeout(leave, 4000)))
}

/** Tells the parts of a page that show the ledger that it has changed (`hx-trigger="ledger-changed from:body"`). */
export const ledgerChanged = () => document.body.dispatchEvent(new CustomEvent("ledger-changed", { bubbles: true }))

// The server says these by its HX-Trigger header: {"told": {"text", "undo"}} and {"problem": {"text"}}.
document.addEventListener("told", ({ detail }) => {
  const undo = detail.undo && {
    action: "Undo",
    then: async () => {
      try {
        const done = await ask("POST", detail.undo)
        tell(done.text ?? "Undone.")
        ledgerChanged()
      } catch (problem) {
        tell(problem.message, { bad: true })
      }
    },
  }
  tell(detail.text, undo || {})
})
document.addEventListener("problem", ({ detail }) => tell(detail.text, { bad: true }))
document.addEventListener("htmx:error", (event) => {
  if (event.detail.ctx?.response) return
  tell("The server cannot be reached. Check the connection, then try again.", { bad: true })
})

// The menu of the narrow rail closes when something else is touched.
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.more[open], details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false
  }
})

// Dialogs are opened by a button that names them, and closed by one that says so.
document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-opens]")
  if (opener) document.getElementById(opener.dataset.opens)?.showModal()
  const closer = event.target.closest("[data-closes]")
  if (closer) closer.closest("dialog")?.close()
})

// "/" leads to the page's own search, unless somebody is typing.
document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return
  if (event.target.closest("input, textarea, select, [contenteditable]")) return
  const field = document.querySelector("[data-slash]")
  if (field) {
    event.preventDefault()
    field.focus()
  }
})
