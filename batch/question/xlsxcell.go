package question

import (
	"strconv"
	"strings"
	"time"
)

// show returns the text that Excel shows in a cell. An error is reported only if the
// cell is used; in other columns the text in the file is kept.
func (w *xlsxBook) show(c sheetCell) (text, wrong, hint string) {
	text = c.value
	if c.formula && !w.computed(c) {
		return "", "holds a formula whose result is not in the file", "open the file in Excel and save it: Excel works the formulas out, and stores what they give"
	}
	switch c.kind {
	case "s":
		if !c.computed { // the cell has no value
			return "", "", ""
		}
		var err error
		if text, err = w.texts.at(strings.TrimSpace(c.value)); err != nil {
			return "", "holds " + err.Error(), "open the file in Excel and save it again"
		}
	case "str":
		text = unescape(text)
	case "inlineStr":
	case "b":
		switch c.value {
		case "1", "true":
			text = "TRUE"
		case "0", "false":
			text = "FALSE"
		}
		return text, "", ""
	case "e":
		if c.rich {
			return text, "holds a picture, or something else that is no text", "clear the cell, or write the text into it"
		}
	default:
		return w.showNumber(c)
	}
	if c.kind == "e" || isErrorValue(text) {
		return text, "holds the error " + text, "mend the formula, or clear the cell"
	}
	f := w.format(c.style)
	if f == nil { // formats are for numbers, but for a few
		return text, "", ""
	}
	shown, err := f.Text(text)
	if err != nil {
		return text, "holds a text that its number format does not show (" + err.Error() + ")", "give the cell the format General in Excel"
	}
	return shown, "", ""
}

// computed reports whether the result of a cell's formula is in the file. Programs
// that do not compute formulas omit the result, leave it empty, or write 0 for all
// of them, and let Excel compute them when it opens the file.
func (w *xlsxBook) computed(c sheetCell) bool {
	switch {
	case !c.computed:
		return false
	case c.kind == "str":
		return true
	}
	return c.value != "" && !(w.stale && c.value == "0")
}

// showNumber returns the text that Excel shows for a number or a date.
func (w *xlsxBook) showNumber(c sheetCell) (text, wrong, hint string) {
	const general = "give the cell another number format in Excel, or write it as text"
	text = strings.TrimSpace(c.value)
	if text == "" {
		return "", "", ""
	}
	v, err := strconv.ParseFloat(text, 64)
	if err != nil && c.kind == "d" {
		if v, err = serial(text, w.date1904); err != nil {
			return text, "", "" // a date as it is written
		}
	}
	if err != nil {
		return text, "holds a number that is none: " + strconv.Quote(text), "open the file in Excel and save it again"
	}
	f := w.format(c.style)
	if f == nil {
		return text, "has a number format that is not in the file", "open the file in Excel and save it again"
	}
	if c.kind == "d" && f == w.formats["General"] {
		return strings.TrimSuffix(text, "T00:00:00"), "", "" // nobody means the number of its day
	}
	shown, err := f.Number(v, w.date1904)
	if err != nil {
		return text, "holds a number that cannot be shown as Excel does (" + err.Error() + ")", general
	}
	return shown, "", ""
}

// serial returns Excel's number for a date.
func serial(text string, date1904 bool) (float64, error) {
	var t time.Time
	var err error
	for _, layout := range []string{"2006-01-02T15:04:05Z07:00", "2006-01-02T15:04:05", "2006-01-02"} {
		if t, err = time.Parse(layout, text); err == nil {
			break
		}
	}
	first := time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)
	if date1904 {
		first = time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	return t.Sub(first).Hours() / 24, err
}
