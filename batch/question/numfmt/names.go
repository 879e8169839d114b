package numfmt

import (
	"errors"
	"strings"
	"time"
	"unicode/utf8"
)

// Languages, as Windows counts them.
const (
	english         = 0x09
	unknownLanguage = 0x3FF
)

// The names of months and days in other languages than English. Excel's short
// names differ from version to version: they are not here.
var (
	monthNames = map[int]string{
		0x07: "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
		0x0A: "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
		0x0C: "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
		0x10: "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
		0x13: "januari februari maart april mei juni juli augustus september oktober november december",
		0x16: "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
	}
	dayNames = map[int]string{
		0x07: "Sonntag Montag Dienstag Mittwoch Donnerstag Freitag Samstag",
		0x0A: "domingo lunes martes miércoles jueves viernes sábado",
		0x0C: "dimanche lundi mardi mercredi jeudi vendredi samedi",
		0x10: "domenica lunedì martedì mercoledì giovedì venerdì sabato",
		0x13: "zondag maandag dinsdag woensdag donderdag vrijdag zaterdag",
		0x16: "domingo segunda-feira terça-feira quarta-feira quinta-feira sexta-feira sábado",
	}
)

var errNames = errors.New("the names that Excel has for months, days and half days in its language are not known")

// monthName returns the name of a month: mmm, mmmm, or mmmmm for its first letter.
func (s *section) monthName(month, letters int) (string, error) {
	name := time.Month(month).String()
	if s.foreign() {
		if letters == 3 || monthNames[s.language&0xFF] == "" {
			return "", errNames
		}
		name = strings.Fields(monthNames[s.language&0xFF])[month-1]
	}
	switch letters {
	case 3:
		return name[:3], nil
	case 5:
		_, size := utf8.DecodeRuneInString(name)
		return name[:size], nil
	}
	return name, nil
}

// dayName returns the name of a day of the week: ddd or dddd.
func (s *section) dayName(day time.Weekday, letters int) (string, error) {
	name := day.String()
	if s.foreign() {
		if letters == 3 || dayNames[s.language&0xFF] == "" {
			return "", errNames
		}
		name = strings.Fields(dayNames[s.language&0xFF])[day]
	}
	if letters == 3 {
		return name[:3], nil
	}
	return name, nil
}

// foreign reports whether the section's language is another than English.
func (s *section) foreign() bool { return s.language != 0 && s.language&0xFF != english }
