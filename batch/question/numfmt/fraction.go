package numfmt

import (
	"errors"
	"math"
	"strconv"
	"strings"
)

// A fraction is the part of a section that shows one: ?/? or ??/16.
type fraction struct {
	top, bottom []item
	fixed       int // the denominator, 0 if it is the best that has room
}

// layFraction finds the parts of a section whose fraction has its bar at i.
func (s *section) layFraction(i int) error {
	f := &fraction{}
	start, end := i, i+1
	for start > 0 && s.items[start-1].kind == digitItem {
		start--
	}
	for end < len(s.items) && (s.items[end].kind == digitItem || s.items[end].kind == fixedItem) {
		end++
	}
	f.top, f.bottom = s.items[start:i], s.items[i+1:end]
	if len(f.bottom) > 0 && f.bottom[0].kind == fixedItem {
		var digits strings.Builder
		for _, it := range f.bottom {
			digits.WriteString(it.text)
		}
		f.fixed, _ = strconv.Atoi(digits.String()) // 0, which is refused, unless it is a number
	}
	known := len(f.bottom) > 0 && len(f.bottom) <= 7 && (f.fixed > 0 || places(f.bottom) == len(f.bottom))
	for _, it := range s.items[:start] {
		known = known && (it.kind == literalItem || it.kind == digitItem)
	}
	for _, it := range s.items[end:] {
		known = known && it.kind == literalItem
	}
	if !known {
		return errors.New("its fraction is not understood")
	}
	s.whole, s.after, s.fraction = s.items[:start], s.items[end:], f
	return nil
}

// writeFraction writes a number that is not negative.
func (s *section) writeFraction(b *strings.Builder, v float64) {
	f := s.fraction
	whole := 0.0
	mixed := places(s.whole) > 0
	if mixed {
		whole = math.Floor(v)
	}
	top, bottom := 0.0, float64(f.fixed)
	if f.fixed > 0 {
		top = math.Round(v*bottom) - whole*bottom
	} else {
		top, bottom = nearest(v, math.Pow10(len(f.bottom))-1)
		top -= whole * bottom
	}
	if mixed && top == bottom {
		whole, top, bottom = whole+1, 0, max(1, float64(f.fixed))
	}
	wholeDigits, topDigits := digits(whole), digits(top)
	if mixed && whole == 0 && top == 0 { // a 0 must be somewhere
		wholeDigits = "0"
	}
	writeWhole(b, s.whole, wholeDigits, false)
	switch empty := top == 0 && !strings.Contains(texts(f.top), "0"); {
	case empty && mixed:
		b.WriteString(strings.Repeat(" ", len(f.top)+1+len(f.bottom)))
	case empty:
		topDigits = "0"
		fallthrough
	default:
		writeWhole(b, f.top, topDigits, false)
		b.WriteByte('/')
		f.writeBottom(b, digits(bottom))
	}
	writeWhole(b, s.after, "", false)
}

// digits returns the digits of a whole number, and none for 0.
func digits(v float64) string {
	if v == 0 {
		return ""
	}
	return strconv.FormatFloat(v, 'f', 0, 64)
}

// writeBottom writes a denominator, from the left where its places may be empty.
func (f *fraction) writeBottom(b *strings.Builder, digits string) {
	b.WriteString(strings.Repeat("0", max(0, strings.Count(texts(f.bottom), "0")-len(digits))))
	b.WriteString(digits)
	if f.fixed == 0 && strings.Contains(texts(f.bottom), "?") {
		b.WriteString(strings.Repeat(" ", max(0, len(f.bottom)-len(digits))))
	}
}

// texts joins the texts of items.
func texts(items []item) string {
	var b strings.Builder
	for _, it := range items {
		b.WriteString(it.text)
	}
	return b.String()
}

// nearest finds the fraction for a number as Excel does: the last convergent of
// its continued fraction whose denominator is not more than most, which may be
// another than the nearest of all: 3.14159 in ??/?? is 22/7, and not 311/99.
func nearest(v, most float64) (top, bottom float64) {
	const enough = 5e-8
	top, bottom = 1, 0
	for top0, bottom0 := 0.0, 1.0; ; {
		a := math.Floor(v)
		next, below := a*top+top0, a*bottom+bottom0
		if below > most {
			return top, bottom
		}
		top0, bottom0, top, bottom = top, bottom, next, below
		if v-a < enough {
			return top, bottom
		}
		v = 1 / (v - a)
	}
}
