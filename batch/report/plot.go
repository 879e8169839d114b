package report

import (
	"cmp"
	"fmt"
	"html"
	"html/template"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"bizbatch/batch"
	"bizbatch/internal/prose"
)

// A plot is a figure of the summary: an inline SVG, and in words what it shows.
// Where a drawing would say no more than the words, there is none.
type plot struct {
	Title string
	Words string
	SVG   template.HTML
}

// The size of a plot, in its own units; the page scales it.
const (
	plotWidth  = 360
	plotHeight = 140
	plotBottom = plotHeight - 18 // above the labels of the axis
	plotTop    = 14
)

// plotsOf returns the plots for which there is something to show.
func plotsOf(h *batch.History, f *figures) (plots []plot) {
	for _, p := range []struct {
		plot
		tells bool // more than its words do
	}{
		{progressPlot(h, f), len(f.finished) >= 10},
		{latencyPlot(f), f.spread() >= 3},
		{timePlot(f), max(f.busy, f.paused, f.idle) < (f.busy+f.paused+f.idle)*99/100},
		{failurePlot(h), len(h.Reasons) > 1},
		{moneyPlot(f), len(f.byDay) > 1},
	} {
		if !p.tells {
			p.SVG = ""
		}
		if p.Title != "" {
			plots = append(plots, p.plot)
		}
	}
	return plots
}

// A canvas is an SVG on its way.
type canvas struct{ strings.Builder }

func (c *canvas) add(format string, args ...any) { fmt.Fprintf(c, format, args...) }

func (c *canvas) text(x, y float64, anchor, s string) {
	c.add(`<text x="%.1f" y="%.1f" text-anchor="%s">%s</text>`, x, y, anchor, html.EscapeString(s))
}

func (c *canvas) axis() { c.add(`<path class="axis" d="M0 %dH%d"/>`, plotBottom, plotWidth) }

// svg closes the drawing. Its words stand in the page below it, so a screen
// reader need not read the drawing.
func (c *canvas) svg(height int) template.HTML {
	return template.HTML(fmt.Sprintf(`<svg viewBox="0 0 %d %d" aria-hidden="true" focusable="false">%s</svg>`, plotWidth, height, c.String()))
}

func progressPlot(h *batch.History, f *figures) plot {
	if len(f.finished) == 0 {
		return plot{}
	}
	from, to := f.finished[0]-int64(f.seconds[0]*1000), f.finished[len(f.finished)-1]
	if len(h.Runs) > 0 && !h.Runs[0].Started.IsZero() {
		from = min(from, h.Runs[0].Started.UnixMilli())
	}
	to = max(to, from+1)
	const steps = 120
	counts := f.answeredBy(steps, from, to)
	all := max(h.Answered+h.Failed+h.Pending, len(f.finished))
	var c canvas
	var line strings.Builder
	for i, n := range counts {
		x := float64(i) * plotWidth / steps
		y := plotBottom - float64(n)/float64(all)*(plotBottom-plotTop)
		fmt.Fprintf(&line, "%c%.1f %.1f", "ML"[min(i, 1)], x, y)
	}
	c.add(`<path class="goal" d="M0 %dH%d"/>`, plotTop, plotWidth)
	c.add(`<path class="area" d="%sV%dH0Z"/><path class="line" d="%s"/>`, line.String(), plotBottom, line.String())
	c.axis()
	first, last := time.UnixMilli(from).Local(), time.UnixMilli(to).Local()
	layout := "2 Jan 15:04"
	if first.Format(time.DateOnly) == last.Format(time.DateOnly) {
		layout = "15:04:05"
	}
	c.text(0, plotHeight-4, "start", first.Format(layout))
	c.text(plotWidth, plotHeight-4, "end", last.Format(layout))
	c.text(0, plotTop-4, "start", strconv.Itoa(all)+" questions")
	return plot{"Progress", fmt.Sprintf("%d of %d answered in %s.", len(f.finished), all, seconds(last.Sub(first).Seconds())), c.svg(plotHeight)}
}

// latencyBars are the bars of the histogram.
const latencyBars = 18

func latencyPlot(f *figures) plot {
	if len(f.seconds) == 0 {
		return plot{}
	}
	const bars = latencyBars
	counts, width := f.histogram(bars)
	most := slices.Max(counts)
	var c canvas
	const step = float64(plotWidth) / bars
	for i, n := range counts {
		if n > 0 {
			height := max(1, float64(n)/float64(most)*(plotBottom-plotTop))
			c.add(`<rect class="bar" x="%.1f" y="%.1f" width="%.1f" height="%.1f"/>`, float64(i)*step+1, plotBottom-height, step-2, height)
		}
	}
	c.axis()
	c.text(0, plotHeight-4, "start", "0 s")
	c.text(plotWidth/2, plotHeight-4, "middle", seconds(width*bars/2))
	c.text(plotWidth, plotHeight-4, "end", seconds(width*bars)+" and more")
	return plot{"Time for an answer", fmt.Sprintf("Half took %s or less, 95 of 100 %s or less, the slowest %s.",
		seconds(f.quantile(0.5)), seconds(f.quantile(0.95)), seconds(f.quantile(1))), c.svg(plotHeight)}
}

// seconds returns a time in seconds, for people.
func seconds(s float64) string {
	switch {
	case s < 10:
		return strconv.FormatFloat(s, 'f', 1, 64) + " s"
	case s < 600:
		return strconv.FormatFloat(s, 'f', 0, 64) + " s"
	}
	return time.Duration(s * float64(time.Second)).Round(time.Minute).String()
}

func timePlot(f *figures) plot {
	all := f.busy + f.paused + f.idle
	if all <= 0 {
		return plot{}
	}
	var c canvas
	var words []string
	x := 0.0
	for i, part := range []struct {
		class, name string
		time        time.Duration
	}{
		{"bar", "questions in flight", f.busy},
		{"bar warm", "paused after a 429", f.paused},
		{"bar faint", "nothing in flight for other reasons", f.idle},
	} {
		share := float64(part.time) / float64(all)
		c.add(`<rect class="%s" x="%.1f" y="14" width="%.1f" height="34"/>`, part.class, x, share*plotWidth)
		x += share * plotWidth
		y := 72 + float64(i)*22
		c.add(`<rect class="%s" x="0" y="%.1f" width="11" height="11"/>`, part.class, y-10)
		c.text(18, y, "start", part.name)
		c.text(plotWidth, y, "end", fmt.Sprintf("%s · %.0f %%", seconds(part.time.Seconds()), 100*share))
		words = append(words, fmt.Sprintf("%s %.0f %%", part.name, 100*share))
	}
	return plot{"Where time went", "Of " + seconds(all.Seconds()) + " in all runs: " + strings.Join(words, ", ") + ".", c.svg(plotHeight)}
}

func failurePlot(h *batch.History) plot {
	if len(h.Reasons) == 0 {
		return plot{}
	}
	const most = 6
	reasons := byCount(h.Reasons)
	var c canvas
	var words []string
	top := max(1, h.Reasons[reasons[0]])
	for i, reason := range reasons {
		words = append(words, fmt.Sprintf("%d × %s", h.Reasons[reason], reason))
		if i >= most {
			continue
		}
		y := float64(i) * 34
		c.text(0, y+12, "start", shortened(reason, 48))
		c.text(plotWidth, y+12, "end", strconv.Itoa(h.Reasons[reason]))
		c.add(`<rect class="bar bad" x="0" y="%.1f" width="%.1f" height="9"/>`, y+17, float64(h.Reasons[reason])/float64(top)*plotWidth)
	}
	return plot{"Failures by reason", strings.Join(words, ", ") + ".", c.svg(34 * min(len(reasons), most))}
}

// shortened returns s, or as many of its words as n characters hold.
func shortened(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	s = string(r[:n-1])
	if at := strings.LastIndexAny(s, " \n"); at > len(s)*3/4 && r[n-1] != ' ' {
		s = s[:at]
	}
	return strings.TrimRight(s, " \n,;:") + "…"
}

func moneyPlot(f *figures) plot {
	days := slices.Sorted(maps.Keys(f.byDay))
	if len(days) == 0 {
		return plot{}
	}
	var all batch.Money
	for _, m := range f.byDay {
		all += m
	}
	shown := days[max(0, len(days)-31):]
	top := batch.Money(1)
	for _, day := range shown {
		top = max(top, f.byDay[day])
	}
	var c canvas
	step := float64(plotWidth) / float64(max(len(shown), 7))
	for i, day := range shown {
		height := max(1, float64(f.byDay[day])/float64(top)*(plotBottom-plotTop-4))
		c.add(`<rect class="bar" x="%.1f" y="%.1f" width="%.1f" height="%.1f"/>`, float64(i)*step+1, plotBottom-height, step-2, height)
		if len(shown) <= 7 {
			c.text(float64(i)*step+step/2, plotBottom-height-4, "middle", f.byDay[day].String())
			c.text(float64(i)*step+step/2, plotHeight-4, "middle", dayName(day))
		}
	}
	c.axis()
	if len(shown) > 7 {
		c.text(0, plotHeight-4, "start", dayName(shown[0]))
		c.text(plotWidth, plotHeight-4, "end", dayName(shown[len(shown)-1]))
		c.text(0, plotTop-4, "start", "up to "+top.String())
	}
	most := slices.MaxFunc(days, func(a, b string) int { return cmp.Compare(f.byDay[a], f.byDay[b]) })
	return plot{"Money by day", fmt.Sprintf("%s in %s, the most on %s: %s.", all, prose.Count(len(days), "day"), dayName(most), f.byDay[most]), c.svg(plotHeight)}
}

func dayName(day string) string {
	t, _ := time.Parse(time.DateOnly, day) // it was written so
	return t.Format("2 Jan")
}
