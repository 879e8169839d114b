package numfmt

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"time"
	"unicode/utf8"
)

const secondsOfDay = 24 * 60 * 60

// longest is how often the letters of dates may be repeated. One more would
// mean what is not known.
var longest = map[byte]int{'y': 4, 'e': 4, 'm': 5, 'd': 4, 'h': 2, 's': 2}

// checkDate refuses a section for dates that holds what is not understood.
func (s *section) checkDate() error {
	for i, it := range s.items {
		known := true
		switch it.kind {
		case digitItem:
			if !s.ofSecond(i) {
				return errors.New("it has digits and dates")
			}
		case halfItem:
			if s.foreign() && it.text[0] < utf8.RuneSelf {
				return errNames
			}
		case dateItem:
			letter := it.text[0] | 0x20
			known = len(it.text) <= longest[letter]
			if letter == 'e' { // years of other eras
				known = known && !s.foreign()
			}
		case letterItem, generalItem, exponentItem, percentItem, atItem:
			known = false
		}
		if !known {
			return errUnknown(it.text)
		}
	}
	return nil
}

// ofSecond reports whether the digit at i is one of a fraction of a second: the
// first zeros after s and a point.
func (s *section) ofSecond(i int) bool {
	for i >= 0 && s.items[i].kind == digitItem && s.items[i].text == "0" {
		i--
	}
	return i >= 1 && s.items[i].kind == pointItem && s.seconds(i-1)
}

// seconds reports whether the item at i is s or ss.
func (s *section) seconds(i int) bool {
	return (s.items[i].kind == dateItem || s.items[i].kind == elapsedItem) && s.items[i].text[0]|0x20 == 's'
}

// A moment is what a number is as a date.
type moment struct {
	year, month, day     int
	weekday              time.Weekday
	hour, minute, second int
	fraction             int     // of the second, in as many digits as are shown
	days                 float64 // all of it, whole
	inDay                int64   // seconds since the day began
}

// date shows a number as a date.
func (s *section) date(v float64, date1904 bool) (string, error) {
	if v < 0 && date1904 && !s.shows("ymde") {
		text, err := s.date(-v, date1904)
		return "-" + text, err
	}
	m, digits, err := s.moment(v, date1904)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	half := false
	for _, it := range s.items {
		half = half || it.kind == halfItem
	}
	for i, it := range s.items {
		switch it.kind {
		case halfItem:
			b.WriteString(m.half(it.text))
		case elapsedItem:
			fmt.Fprintf(&b, "%0*.0f", len(it.text), m.elapsed(it.text[0]))
		case digitItem:
			if s.items[i-1].kind == pointItem {
				fmt.Fprintf(&b, "%0*d", digits, m.fraction)
			}
		case dateItem:
			text, err := s.part(m, i, half)
			if err != nil {
				return "", err
			}
			b.WriteString(text)
		default:
			b.WriteString(it.text)
		}
	}
	return b.String(), nil
}

// shows reports whether the section has one of these letters. An m may be of
// minutes, which is no date.
func (s *section) shows(letters string) bool {
	for i, it := range s.items {
		if it.kind == dateItem && strings.IndexByte(letters, it.text[0]|0x20) >= 0 && (it.text[0]|0x20 != 'm' || !s.minutes(i)) {
			return true
		}
	}
	return false
}

// moment finds the date and time of a number, rounded to what is shown of the
// second.
func (s *section) moment(v float64, date1904 bool) (m moment, digits int, err error) {
	for _, it := range s.items {
		if it.kind == digitItem {
			digits++
		}
	}
	if digits > 9 {
		return m, 0, errors.New("it has too many digits of a second")
	}
	day := math.Floor(v)
	units := int64(math.Pow10(digits))
	inDay := int64(math.Round((v - day) * secondsOfDay * float64(units)))
	if inDay >= secondsOfDay*units && (s.shows("hs") || s.elapses()) {
		day, inDay = day+1, 0
	}
	inDay = min(inDay, secondsOfDay*units-1) // a date without a time is not rounded
	m.days, m.inDay, m.fraction = day, inDay/units, int(inDay%units)
	m.hour, m.minute, m.second = int(m.inDay/3600), int(m.inDay/60%60), int(m.inDay%60)

	serial := day
	if date1904 {
		serial += 1462
	}
	if v < 0 || serial >= 2958466 {
		return m, 0, errors.New("it is no date: Excel shows ####")
	}
	m.weekday = time.Weekday((int(serial) + 6) % 7)
	switch {
	case serial == 0:
		m.year, m.month, m.day = 1900, 1, 0
		return m, digits, nil
	case serial == 60: // Excel takes 1900 for a leap year
		m.year, m.month, m.day = 1900, 2, 29
		return m, digits, nil
	case serial < 60:
		serial++
	}
	year, month, date := time.Date(1899, 12, 30+int(serial), 0, 0, 0, 0, time.UTC).Date()
	m.year, m.month, m.day = year, int(month), date
	return m, digits, nil
}

func (s *section) elapses() bool {
	for _, it := range s.items {
		if it.kind == elapsedItem {
			return true
		}
	}
	return false
}

// half returns AM or PM, in the letters of the code.
func (m *moment) half(code string) string {
	if len(code) == len("AM/PM") {
		code = strings.ToUpper(code)
	}
	before, after, _ := strings.Cut(code, "/")
	if m.hour >= 12 {
		return after
	}
	return before
}

// elapsed returns how many hours, minutes or seconds have passed in all.
func (m *moment) elapsed(unit byte) float64 {
	per := map[byte]int64{'h': 3600, 'm': 60, 's': 1}[unit]
	return m.days*float64(secondsOfDay/per) + float64(m.inDay/per)
}

// minutes reports whether the m at i stands for minutes: after hours, or before
// seconds.
func (s *section) minutes(i int) bool {
	if len(s.items[i].text) > 2 {
		return false
	}
	near := func(i, step int) byte {
		for i += step; i >= 0 && i < len(s.items); i += step {
			if k := s.items[i].kind; k == dateItem || k == elapsedItem {
				return s.items[i].text[0] | 0x20
			}
		}
		return 0
	}
	return near(i, -1) == 'h' || near(i, 1) == 's'
}

// part shows the part of a date that the item at i asks for.
func (s *section) part(m moment, i int, half bool) (string, error) {
	code := s.items[i].text
	number := func(v int) (string, error) { return fmt.Sprintf("%0*d", len(code), v), nil }
	switch code[0] | 0x20 {
	case 'y':
		if len(code) <= 2 {
			return fmt.Sprintf("%02d", m.year%100), nil
		}
		return fmt.Sprintf("%04d", m.year), nil
	case 'e':
		return fmt.Sprintf("%04d", m.year), nil
	case 'd':
		if len(code) <= 2 {
			return number(m.day)
		}
		return s.dayName(m.weekday, len(code))
	case 'h':
		hour := m.hour
		if half {
			hour = (hour+11)%12 + 1
		}
		return number(hour)
	case 's':
		return number(m.second)
	}
	switch {
	case s.minutes(i):
		return number(m.minute)
	case len(code) <= 2:
		return number(m.month)
	}
	return s.monthName(m.month, len(code))
}
