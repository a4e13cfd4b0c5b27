// The events of one turn, each once, whatever the network does: a stream that is lost is opened again where it ended.

const NAMES = [
  "output_text",
  "reasoning",
  "function_request",
  "function_result",
  "response",
  "waiting",
  "stepped_in",
  "earlier_talk_left_out",
  "turn_completed",
  "turn_stopped",
  "turn_failed",
]
const LAST = new Set(["turn_completed", "turn_stopped", "turn_failed"])
const PACE = 40 // ms between two updates of the page
const SILENCE = 35_000 // ms without a word after which a connection is no longer believed in
const PAUSES = [300, 1000, 2000, 4000, 8000] // ms before the next attempt

export class TurnStream {
  #url
  #seen
  #source = null
  #queue = []
  #flushed = 0
  #flushing = null
  #again = null
  #failures = 0
  #heard = Date.now()
  #watch
  #isOver = false
  #onEvents
  #onConnection

  /**
   * turn: its id. after: the number of the last event that the page shows already.
   * onEvents: gets lists of {name, data} in order, the first at once, then at most 25 a second.
   * onConnection: gets false when the connection is lost, true when it is back; "gone" when there is nothing to read.
   */
  constructor(turn, after, { onEvents, onConnection }) {
    this.#url = `/api/turns/${turn}/events`
    this.#seen = after
    this.#onEvents = onEvents
    this.#onConnection = onConnection
    for (const [target, name] of WAKING) target.addEventListener(name, this.#wake)
    this.#watch = setInterval(this.#checkSilence, 5000)
    this.#open()
  }

  /** Stops reading; the turn goes on. */
  close() {
    this.#isOver = true
    this.#disconnect()
    clearTimeout(this.#flushing)
    clearInterval(this.#watch)
    for (const [target, name] of WAKING) target.removeEventListener(name, this.#wake)
  }

  #open() {
    this.#disconnect()
    this.#heard = Date.now()
    this.#source = new EventSource(`${this.#url}?after=${this.#seen}`)
    this.#source.addEventListener("open", () => this.#connected())
    this.#source.addEventListener("error", () => this.#lost())
    for (const name of NAMES) this.#source.addEventListener(name, (event) => this.#take(name, event))
  }

  #disconnect() {
    clearTimeout(this.#again)
    this.#again = null
    this.#source?.close()
    this.#source = null
  }

  #connected() {
    this.#failures = 0
    this.#heard = Date.now()
    this.#onConnection(true)
  }

  #lost() {
    if (this.#isOver) return
    this.#disconnect()
    this.#onConnection(false)
    const pause = PAUSES[Math.min(this.#failures, PAUSES.length - 1)]
    this.#failures += 1
    this.#again = setTimeout(() => this.#reopen(), pause)
  }

  /** Opens again, unless the server knows of nothing to read any more: the turn was deleted, or nobody is signed in. */
  async #reopen() {
    try {
      const response = await fetch(this.#url.replace(/\/events$/, ""), { headers: { Accept: "application/json" } })
      if (this.#isOver) return
      if (response.status === 404 || response.status === 401) {
        this.close()
        this.#onConnection("gone")
        return
      }
    } catch {
      if (!this.#isOver) this.#lost()
      return
    }
    this.#open()
  }

  #take(name, event) {
    this.#heard = Date.now()
    const number = Number(event.lastEventId)
    if (this.#isOver || number <= this.#seen) return
    this.#seen = number
    this.#queue.push({ name, data: JSON.parse(event.data) })
    if (LAST.has(name)) {
      this.#disconnect()
      this.#flush()
      this.close()
    } else if (this.#flushing === null) {
      const wait = Math.max(0, this.#flushed + PACE - performance.now())
      this.#flushing = setTimeout(() => this.#flush(), wait)
    }
  }

  #flush() {
    clearTimeout(this.#flushing)
    this.#flushing = null
    this.#flushed = performance.now()
    this.#onEvents(this.#queue.splice(0))
  }

  #checkSilence = () => {
    if (this.#source !== null && Date.now() - this.#heard > SILENCE) this.#open()
  }

  /** After sleep, or when the network is back, a connection may be dead without knowing it. */
  #wake = (event) => {
    if (this.#isOver || document.visibilityState === "hidden") return
    if (event.type === "online" || event.persisted || this.#source === null || Date.now() - this.#heard > SILENCE) {
      this.#failures = 0
      this.#open()
    }
  }
}

const WAKING = [
  [window, "online"],
  [window, "pageshow"],
  [document, "visibilitychange"],
]
