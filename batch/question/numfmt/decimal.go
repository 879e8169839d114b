package numfmt

import (
	"strconv"
	"strings"
)

// A decimal is 0.digits times ten to the power of point. It has the 15 digits
// that Excel knows of a number: 1.005 is what it says, and not the nearest
// binary fraction, which is less. 0 has no digits.
type decimal struct {
	digits string // without zeros at either end
	point  int
}

// toDecimal makes a decimal of a number that is not negative.
func toDecimal(v float64) decimal {
	if v == 0 {
		return decimal{}
	}
	mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(v, 'e', 14, 64), "e")
	point, _ := strconv.Atoi(exponent) // it is one
	digits := mantissa[:1] + mantissa[2:]
	return decimal{strings.TrimRight(digits, "0"), point + 1}
}

// round rounds to so many digits after the decimal point, the half up.
func (d decimal) round(decimals int) decimal {
	keep := d.point + decimals
	switch {
	case keep >= len(d.digits):
		return d
	case keep < 0:
		return decimal{}
	}
	up := d.digits[keep] >= '5'
	digits := []byte(d.digits[:keep])
	for i := keep - 1; up && i >= 0; i-- {
		if digits[i]++; digits[i] <= '9' {
			up = false
			break
		}
		digits[i] = '0'
	}
	if up {
		digits = append([]byte{'1'}, digits...)
		d.point++
	}
	d.digits = strings.TrimRight(string(digits), "0")
	if d.digits == "" {
		return decimal{}
	}
	return d
}

// split gives the digits before and after the decimal point.
func (d decimal) split() (whole, decimals string) {
	switch {
	case d.digits == "":
		return "", ""
	case d.point <= 0:
		return "", strings.Repeat("0", -d.point) + d.digits
	case d.point >= len(d.digits):
		return d.digits + strings.Repeat("0", d.point-len(d.digits)), ""
	}
	return d.digits[:d.point], d.digits[d.point:]
}

// scientific moves the point behind the first digits, up to as many as there
// are places: the exponent is a multiple of their number.
func (d decimal) scientific(places, decimals int) (decimal, int) {
	if d.digits == "" {
		return d, 0
	}
	for {
		exponent := d.point - 1
		if exponent < 0 {
			exponent -= places - 1
		}
		exponent -= exponent % places
		m := decimal{d.digits, d.point - exponent}.round(decimals)
		if m.point <= places {
			return m, exponent
		}
		d = decimal{m.digits, m.point + exponent} // it was rounded up to another digit
	}
}

// general shows all digits, as a cell without a format does if it is wide
// enough.
func (d decimal) general() string {
	if d.digits == "" {
		return "0"
	}
	if d.point > 20 || d.point < -8 {
		s := d.digits[:1]
		if len(d.digits) > 1 {
			s += "." + d.digits[1:]
		}
		sign, exponent := "+", d.point-1
		if exponent < 0 {
			sign, exponent = "-", -exponent
		}
		if exponent < 10 {
			sign += "0"
		}
		return s + "E" + sign + strconv.Itoa(exponent)
	}
	whole, decimals := d.split()
	if whole == "" {
		whole = "0"
	}
	if decimals != "" {
		decimals = "." + decimals
	}
	return whole + decimals
}
