// Charts of money. A <money-chart> holds a table; what is drawn is what its cells say, so the two cannot differ.
//
// Columns whose heading has data-colour are drawn, in the shape that data-shape says: line, dashed, steps or bar.
// Rows carry their day, month or year in data-at, and cells their amount in minor units in data-value; a cell without
// one is unknown, and leaves a gap.
import uPlot from "../vendor/uplot.js"

const HEIGHT = 240
const BAR = [0.36, 28] // of the space there is; at most so many pixels
const YEAR = /^\d{4}$/
const TRUE_MINUS = "\u2212"

class MoneyChart extends HTMLElement {
  connectedCallback() {
    this.plot = this.querySelector(".plot")
    this.columns = columnsOf(this.querySelector("table"))
    this.rows = rowsOf(this.querySelector("table"))
    this.key = keyOf(this.columns)
    this.plot.before(this.key.element)
    this.draw()
    this.resizes = new ResizeObserver(() => this.fit())
    this.resizes.observe(this.plot)
    this.unfollow = followTheme(() => this.draw())
  }

  disconnectedCallback() {
    this.resizes.disconnect()
    this.unfollow()
    this.chart?.destroy()
    this.key.element.remove()
  }

  draw() {
    this.chart?.destroy()
    const drawn = this.columns.filter((column) => column.colour)
    const x = this.rows.map((row, index) => (this.isByTime ? secondsAt(row.at) : index))
    const values = drawn.map((column) => this.rows.map((row) => row.cells[column.index].value))
    this.key.paint((name) => token(name))
    this.chart = new uPlot(this.options(drawn, values), [x, ...values], this.plot)
    this.chart.over.addEventListener("pointerleave", () => this.show(null))
    this.width = this.plot.clientWidth
    this.show(null)
  }

  fit() {
    if (this.plot.clientWidth === this.width) return
    this.width = this.plot.clientWidth
    this.chart.setSize({ width: this.width, height: HEIGHT })
  }

  /** Says beside the colours what one row says; without one the last. */
  show(index) {
    const row = this.rows[index ?? this.rows.length - 1]
    if (row) this.key.say(row)
  }

  get isByTime() {
    return !this.columns.some((column) => column.shape === "bar")
  }

  options(drawn, values) {
    const last = this.rows.length - 1
    const x = this.isByTime ? { time: true } : { time: false, range: [-0.5, last + 0.5] }
    const bars = values.flat().filter((value) => value !== null)
    const fromZero = (_, low, high) => uPlot.rangeNum(Math.min(low ?? 0, 0), Math.max(high ?? 0, 0) || 1, 0.1, true)
    return {
      width: this.plot.clientWidth,
      height: HEIGHT,
      legend: { show: false },
      padding: [8, 8, 0, 0],
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC"),
      cursor: { y: false, drag: { x: false, y: false }, points: { size: 7 } },
      scales: { x, y: this.isByTime || !bars.length ? { range: paddedRange } : { range: fromZero } },
      series: [{}, ...drawn.map((column, index) => seriesOf(column, index, values[index]))],
      axes: [this.axisOfDays(), this.axisOfAmounts()],
      hooks: { setCursor: [(chart) => this.show(chart.cursor.idx)], drawAxes: [drawZero] },
    }
  }

  axisOfDays() {
    const common = { stroke: token("quiet"), font: font(), grid: { show: false }, ticks: { show: false }, gap: 4, size: 40 }
    const label = labelsOfDays(this.language)
    if (this.isByTime) {
      const values = (_, splits, __, ___, step) => splits.map((at, index) => label(new Date(at * 1000), index, step))
      return { ...common, space: 64, values }
    }
    const values = (_, splits) =>
      splits.map((at, index) => {
        const row = Number.isInteger(at) ? this.rows[at] : undefined
        if (!row) return ""
        return YEAR.test(row.at) ? row.at : label(new Date(secondsAt(row.at) * 1000), index, MONTH)
      })
    return { ...common, space: 44, incrs: [1, 2, 3, 4, 6, 12, 24], values }
  }

  axisOfAmounts() {
    const text = amountsShort(this.language, this.getAttribute("currency"), Number(this.getAttribute("decimals")))
    return {
      stroke: token("quiet"),
      font: font(),
      grid: { stroke: token("line"), width: 1 },
      ticks: { show: false },
      gap: 8,
      space: 44,
      values: (_, splits) => text(splits),
      size: (chart, values) => (values?.length ? Math.ceil(widest(chart.ctx, values)) + 12 : 48),
    }
  }

  get language() {
    return this.getAttribute("language") || "en"
  }
}

// -------------------------------------------------------------------------------------------------- the table's words

function columnsOf(table) {
  return [...table.tHead.rows[0].cells].slice(1).map((cell, index) => ({
    index,
    name: cell.textContent.trim(),
    colour: cell.dataset.colour,
    shape: cell.dataset.shape,
  }))
}

function rowsOf(table) {
  return [...table.tBodies[0].rows].map((row) => ({
    at: row.dataset.at,
    label: row.cells[0].firstChild.textContent.trim(),
    cells: [...row.cells].slice(1).map((cell) => ({
      text: cell.textContent.trim(),
      value: cell.dataset.value ? Number(cell.dataset.value) : null,
    })),
  }))
}

/** The line above a chart: which colour is what, and what the row under the pointer says. */
function keyOf(columns) {
  const element = document.createElement("p")
  element.className = "key"
  element.setAttribute("aria-hidden", "true")
  const when = document.createElement("span")
  when.className = "when"
  element.append(when)
  const said = columns.map((column) => {
    const part = document.createElement("span")
    const mark = document.createElement("i")
    mark.className = `mark ${column.colour ? column.shape : "none"}`
    const amount = document.createElement("b")
    part.append(mark, document.createTextNode(`${column.name} `), amount)
    element.append(part)
    return { column, part, mark, amount }
  })
  return {
    element,
    paint: (colour) => {
      for (const { column, mark } of said) if (column.colour) mark.style.color = colour(column.colour)
    },
    say: (row) => {
      when.textContent = row.label
      for (const { column, part, amount } of said) {
        const { text, value } = row.cells[column.index]
        amount.textContent = text
        part.hidden = value === null && column.shape === "dashed"
      }
    },
  }
}

// ----------------------------------------------------------------------------------------------------------- drawing

function seriesOf(column, index, values) {
  const stroke = token(column.colour)
  if (column.shape === "bar") {
    return { stroke, fill: stroke, width: 0, paths: uPlot.paths.bars({ size: BAR, align: index ? 1 : -1, gap: 1 }), points: { show: false } }
  }
  const alone = values.filter((value) => value !== null).length < 3
  return {
    stroke,
    width: 2,
    dash: column.shape === "dashed" ? [5, 4] : undefined,
    paths: column.shape === "steps" ? uPlot.paths.stepped({ align: 1 }) : uPlot.paths.linear(),
    points: { show: alone, size: 6, fill: stroke },
  }
}

/** From a little below the lowest amount to a little above the highest; around an amount that never changes as well. */
function paddedRange(_, low, high) {
  if (low === null || high === null) return [0, 1]
  const room = (high - low || Math.abs(high) || 1) * 0.12
  return [low >= 0 && low < room ? 0 : low - room, high <= 0 && -high < room ? 0 : high + room]
}

function drawZero(chart) {
  const { min, max } = chart.scales.y
  if (!(min < 0 && max > 0)) return
  const { ctx, bbox } = chart
  const y = Math.round(chart.valToPos(0, "y", true)) + 0.5
  ctx.save()
  ctx.strokeStyle = token("quiet")
  ctx.beginPath()
  ctx.moveTo(bbox.left, y)
  ctx.lineTo(bbox.left + bbox.width, y)
  ctx.stroke()
  ctx.restore()
}


/** A token's colour as it is now: the property itself holds one for each theme. */
function token(name) {
  const probe = document.createElement("span")
  probe.style.color = `var(--${name})`
  document.body.append(probe)
  const colour = getComputedStyle(probe).color
  probe.remove()
  return colour
}

const font = () => `12px ${getComputedStyle(document.body).fontFamily}`

function widest(ctx, texts) {
  ctx.save()
  ctx.font = font()
  const width = Math.max(...texts.map((text) => ctx.measureText(text ?? "").width))
  ctx.restore()
  return width
}

/** Calls `redraw` whenever the colours change; returns what ends that. */
function followTheme(redraw) {
  const dark = matchMedia("(prefers-color-scheme: dark)")
  const chosen = new MutationObserver(redraw)
  dark.addEventListener("change", redraw)
  chosen.observe(document.documentElement, { attributeFilter: ["data-theme"] })
  return () => {
    dark.removeEventListener("change", redraw)
    chosen.disconnect()
  }
}

// ------------------------------------------------------------------------------------------- the household's language

const DAY = 86_400
const MONTH = 28 * DAY

/** Seconds since 1970 of "2026-03-31", "2026-03" or "2026", in UTC as all days here. */
const secondsAt = (text) => Date.parse(YEAR.test(text) ? `${text}-01-01` : text) / 1000

/** Labels for an axis: the year stands below the first one and each January. */
function labelsOfDays(language) {
  const named = (options) => new Intl.DateTimeFormat(language, { timeZone: "UTC", ...options })
  const [month, day, year] = [named({ month: "short" }), named({ month: "short", day: "numeric" }), named({ year: "numeric" })]
  return (date, index, step) => {
    if (step >= 364 * DAY) return year.format(date)
    const withYear = index === 0 || (date.getUTCMonth() === 0 && (step >= MONTH || date.getUTCDate() === 1))
    const text = (step >= MONTH ? month : day).format(date)
    return withYear ? `${text}\n${year.format(date)}` : text
  }
}

/** Labels for some amounts in minor units, as short as they still differ from one another. */
function amountsShort(language, currency, decimals) {
  const options = { style: "currency", currency, currencyDisplay: "narrowSymbol", notation: "compact", minimumFractionDigits: 0 }
  const formats = [1, 2, 3, 4].map((digits) => new Intl.NumberFormat(language, { ...options, maximumFractionDigits: digits }))
  return (amounts) => {
    const told = formats.map((format) => amounts.map((minor) => format.format(minor / 10 ** decimals).replace("-", TRUE_MINUS)))
    return told.find((texts) => new Set(texts).size === texts.length) ?? told.at(-1)
  }
}

customElements.define("money-chart", MoneyChart)
