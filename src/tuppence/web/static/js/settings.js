// What the settings do in the browser: the theme, copying what is shown once, and opening the provider of an address.
import { tell } from "./app.js"

const YEAR = 31_536_000 // seconds

// ---------------------------------------------------------------------------------------------------------- the theme

document.addEventListener("change", ({ target }) => {
  if (!target.matches('input[name="theme"]')) return
  const secure = location.protocol === "https:" ? "; secure" : ""
  const age = target.value ? YEAR : 0
  document.cookie = `theme=${target.value}; path=/; max-age=${age}; samesite=lax${secure}`
  if (target.value) document.documentElement.dataset.theme = target.value
  else delete document.documentElement.dataset.theme
})

// ------------------------------------------------------------------------------------------------------------ copying

document.addEventListener("click", async ({ target }) => {
  const button = target.closest("[data-copies]")
  if (!button) return
  const field = button.parentElement.querySelector("input")
  try {
    await navigator.clipboard.writeText(field.value)
  } catch {
    field.select() // pages without TLS have no clipboard
    document.execCommand("copy")
  }
  tell("Copied.")
})

// ---------------------------------------------------------------------------------------------------------- providers

function openNamed() {
  const named = document.getElementById(decodeURIComponent(location.hash.slice(1)))
  if (named?.matches("details.provider")) named.open = true
}

openNamed()
addEventListener("hashchange", openNamed)

// What is tested is what is saved: not while something else stands in the form.
document.addEventListener("input", ({ target }) => {
  const button = target.closest("form[data-provider]")?.querySelector("[data-test]")
  if (!button) return
  button.disabled = true
  button.title = "Save first"
})
