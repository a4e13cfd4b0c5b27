// Sends files that were dropped, pasted or chosen, one after the other, and says how far each is.
import { tell } from "./app.js"

const drop = document.getElementById("drop")
const sending = document.getElementById("sending")
const token = () => document.querySelector('meta[name="csrf-token"]')?.content ?? ""

/** The line that tells about one file. */
class Line {
  constructor(name) {
    this.item = document.createElement("li")
    this.name = document.createElement("span")
    this.name.dir = "auto"
    this.name.textContent = name
    this.bar = document.createElement("progress")
    this.bar.setAttribute("aria-label", `Sending ${name}`)
    this.item.append(this.name, this.bar)
    sending.append(this.item)
  }

  far(share) {
    this.bar.value = share
  }

  failed(message) {
    this.bar.remove()
    const words = document.createElement("span")
    words.className = "error"
    words.setAttribute("role", "alert")
    words.textContent = message
    this.item.append(words)
  }
}

/** Sends one file; gives its id. XMLHttpRequest, as fetch does not say how much was sent. Throws an Error. */
function sent(file, line) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    request.open("POST", `/api/imports?wait=0&filename=${encodeURIComponent(file.name || "pasted.csv")}`)
    request.setRequestHeader("X-CSRF-Token", token())
    request.setRequestHeader("Content-Type", "application/octet-stream")
    request.upload.addEventListener("progress", (event) => event.lengthComputable && line.far(event.loaded / event.total))
    request.addEventListener("load", () => {
      if (request.status === 401) return location.assign("/sign-in")
      let body = {}
      try {
        body = JSON.parse(request.responseText)
      } catch {
        // not ours: the status says enough
      }
      if (request.status === 201) resolve(body.id)
      else reject(new Error(body.message ?? `The server answered ${request.status}.`))
    })
    request.addEventListener("error", () => reject(new Error("The file could not be sent. Check the connection, then try again.")))
    request.send(file)
  })
}

async function send(files) {
  const largest = Number(drop.dataset.largest)
  const ids = []
  const lines = files.map((file) => new Line(file.name))
  for (const [place, file] of files.entries()) {
    const line = lines[place]
    try {
      if (file.size > largest) throw new Error(`It is larger than ${Math.floor(largest / 1e6)} MB. Download shorter times from the bank, each as a file.`)
      ids.push(await sent(file, line))
      line.item.remove()
    } catch (problem) {
      line.failed(problem.message)
    }
  }
  document.body.dispatchEvent(new CustomEvent("uploads-changed"))
  if (ids.length === 1 && files.length === 1) location.assign(`/import/${ids[0]}`)
  else if (ids.length) tell(ids.length === 1 ? "One file was received." : `${ids.length} files were received. Look at each, then import it.`)
}

if (drop) {
  const chooser = document.getElementById("files")
  chooser.addEventListener("change", () => {
    const files = [...chooser.files]
    chooser.value = ""
    if (files.length) send(files)
  })
  let depth = 0
  const mark = (change) => drop.classList.toggle("over", (depth = Math.max(0, depth + change)) > 0)
  const holdsFiles = (event) => event.dataTransfer?.types.includes("Files")
  document.addEventListener("dragenter", (event) => holdsFiles(event) && mark(1))
  document.addEventListener("dragleave", (event) => holdsFiles(event) && mark(-1))
  document.addEventListener("dragover", (event) => holdsFiles(event) && event.preventDefault())
  document.addEventListener("drop", (event) => {
    if (!holdsFiles(event)) return
    event.preventDefault()
    mark(-depth)
    const files = [...event.dataTransfer.files]
    if (files.length) send(files)
  })
  document.addEventListener("paste", (event) => {
    const files = [...(event.clipboardData?.files ?? [])]
    if (files.length) send(files)
  })
}

// What was opened to be looked at is closed again.
document.addEventListener("click", (event) => {
  const closer = event.target.closest("[data-empties]")
  if (closer) document.getElementById(closer.dataset.empties)?.replaceChildren()
})

// Whoever presses Import right after typing means what was typed: the press waits until the server has it.
let pressed = false
const unsent = new WeakSet()
document.addEventListener("change", (event) => {
  const form = event.target.closest(".goes-into")
  if (form) unsent.add(form)
})
document.addEventListener(
  "click",
  (event) => {
    if (!event.target.closest("#confirm")) return
    pressed = [...document.querySelectorAll(".goes-into")].some((form) => unsent.has(form))
    if (!pressed) return
    event.preventDefault()
    event.stopImmediatePropagation()
  },
  true,
)
document.addEventListener("htmx:finally:request", ({ target, detail }) => {
  if (!unsent.delete(target) || !pressed) return
  pressed = false
  const confirm = document.getElementById("confirm")
  if (detail.ctx.response?.status === 200 && confirm && !confirm.disabled) confirm.click()
})

// A part of the page that was replaced keeps the keyboard where it was, and a details element as it was.
let kept = null
document.addEventListener("htmx:before:swap", () => {
  const upload = document.getElementById("upload")
  if (!upload) return
  const focus = upload.contains(document.activeElement) ? document.activeElement.id : ""
  kept = { focus, open: [...upload.querySelectorAll("details[id][open]")].map((one) => one.id) }
})
document.addEventListener("htmx:after:swap", () => {
  if (!kept) return
  for (const id of kept.open) {
    const details = document.getElementById(id)
    if (details) details.open = true
  }
  if (kept.focus && document.activeElement === document.body) document.getElementById(kept.focus)?.focus()
  kept = null
})
