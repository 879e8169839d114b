package numfmt

import (
	"errors"
	"strconv"
	"strings"
)

// A layout says where the parts of a number go.
type layout struct {
	whole, decimals, exponent []item // the last begins with E+ or E-
	point                     bool   // between whole and decimals
	after                     []item // what follows them all
	fraction                  *fraction
	grouped                   bool // thousands are separated
	scale                     int  // the power of ten by which the number is multiplied
	literal                   bool // there are no digits
	general                   bool
}

// lay finds the parts of a section for numbers.
func (s *section) lay() error {
	s.literal = true
	for _, it := range s.items {
		switch it.kind {
		case generalItem:
			s.general = true
		case digitItem:
			s.literal = false
		case percentItem:
			s.scale += 2
		}
	}
	if s.general {
		for _, it := range s.items {
			if it.kind != generalItem && it.kind != literalItem && it.kind != slashItem {
				return errUnknown(it.text)
			}
		}
		return nil
	}
	if s.literal {
		for _, it := range s.items {
			if it.kind == letterItem {
				return errUnknown(it.text)
			}
		}
		s.whole = s.items
		return nil
	}
	for i, it := range s.items {
		if it.kind == slashItem && i > 0 && s.items[i-1].kind == digitItem {
			return s.layFraction(i)
		}
	}
	return s.layDecimal()
}

// layDecimal finds the parts of 0.00 and 0.00E+00.
func (s *section) layDecimal() error {
	part := &s.whole
	for i, it := range s.items {
		switch it.kind {
		case pointItem:
			if part == &s.whole {
				s.point, part = true, &s.decimals
				continue
			}
		case exponentItem:
			if part == &s.exponent {
				return errUnknown(it.text)
			}
			part = &s.exponent
		case commaItem:
			if i > 0 && (s.items[i-1].kind == digitItem || s.items[i-1].kind == commaItem) {
				if s.between(i) {
					s.grouped = true
				} else {
					s.scale -= 3
				}
				continue
			}
		}
		*part = append(*part, it)
	}
	if len(s.exponent) > 0 && (s.grouped || places(s.exponent) == 0 || places(s.whole) == 0) {
		return errors.New("its exponent is not understood")
	}
	return nil
}

// between reports whether the comma at i is between digits before the point:
// then it separates thousands. After them, it stands for a thousandth.
func (s *section) between(i int) bool {
	for _, it := range s.items[i:] {
		switch it.kind {
		case digitItem:
			return true
		case pointItem, exponentItem:
			return false
		}
	}
	return false
}

// places counts the places for digits.
func places(items []item) (n int) {
	for _, it := range items {
		if it.kind == digitItem {
			n++
		}
	}
	return n
}

// number shows a number that is not negative. It is zero if it shows no digit
// but 0.
func (s *section) number(v float64) (text string, zero bool) {
	d := toDecimal(v)
	var b strings.Builder
	switch {
	case s.general:
		for _, it := range s.items {
			if it.kind == generalItem {
				b.WriteString(d.general())
			} else {
				b.WriteString(it.text)
			}
		}
		return b.String(), false
	case s.literal:
		writeWhole(&b, s.whole, "", false)
		return b.String(), false
	case s.fraction != nil:
		s.writeFraction(&b, v)
		return b.String(), false
	}
	if d.digits != "" {
		d.point += s.scale
	}
	exponent := 0
	if len(s.exponent) > 0 {
		d, exponent = d.scientific(places(s.whole), places(s.decimals))
	}
	d = d.round(places(s.decimals))
	whole, decimals := d.split()
	writeWhole(&b, s.whole, whole, s.grouped)
	if s.point {
		b.WriteByte('.')
	}
	writeDecimals(&b, s.decimals, decimals)
	s.writeExponent(&b, exponent)
	return b.String(), d.digits == ""
}

// writeWhole writes digits into their places, from the right. The first place
// takes all that have none of their own.
func writeWhole(b *strings.Builder, items []item, digits string, grouped bool) {
	comma := func(after int) { // so many digits
		if grouped && after > 0 && after%3 == 0 {
			b.WriteByte(',')
		}
	}
	left := places(items) // from here on
	for _, it := range items {
		switch {
		case it.kind != digitItem:
			b.WriteString(it.text)
			continue
		case len(digits) < left:
			if writeEmpty(b, it.text); it.text == "0" {
				comma(left - 1)
			}
		}
		for digits != "" && len(digits) >= left {
			b.WriteByte(digits[0])
			digits = digits[1:]
			comma(len(digits))
		}
		left--
	}
	b.WriteString(digits) // of .00, which has no place for them
}

// writeDecimals writes digits into their places, from the left.
func writeDecimals(b *strings.Builder, items []item, digits string) {
	for _, it := range items {
		switch {
		case it.kind != digitItem:
			b.WriteString(it.text)
		case digits != "":
			b.WriteByte(digits[0])
			digits = digits[1:]
		default:
			writeEmpty(b, it.text)
		}
	}
}

// writeEmpty writes a place that no digit is for.
func writeEmpty(b *strings.Builder, place string) {
	switch place {
	case "0":
		b.WriteByte('0')
	case "?":
		b.WriteByte(' ')
	}
}

func (s *section) writeExponent(b *strings.Builder, exponent int) {
	if len(s.exponent) == 0 {
		return
	}
	sign := s.exponent[0].text
	b.WriteByte(sign[0])
	switch {
	case exponent < 0:
		b.WriteByte('-')
		exponent = -exponent
	case sign[1] == '+':
		b.WriteByte('+')
	}
	digits := strconv.Itoa(exponent)
	if exponent == 0 {
		digits = ""
	}
	writeWhole(b, s.exponent[1:], digits, false)
}
