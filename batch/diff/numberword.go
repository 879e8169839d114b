package diff

import (
	"strconv"
	"strings"
)

// numberWords are the words for numbers that are added, and scaleWords those by
// which they are multiplied.
var (
	numberWords = map[string]int64{
		"zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
		"eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17, "eighteen": 18, "nineteen": 19,
		"twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90,
	}
	scaleWords = map[string]int64{"hundred": 100, "thousand": 1_000, "million": 1_000_000, "billion": 1_000_000_000}
	ordinals   = map[string]int64{
		"first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8, "ninth": 9, "tenth": 10,
		"eleventh": 11, "twelfth": 12, "thirteenth": 13, "fourteenth": 14, "fifteenth": 15, "sixteenth": 16, "seventeenth": 17,
		"eighteenth": 18, "nineteenth": 19, "twentieth": 20, "thirtieth": 30,
	}
	fractions = map[string]float64{
		"one-half": 50, "half": 50, "one-third": 33.33, "two-thirds": 66.67, "one-fourth": 25, "one-quarter": 25,
		"three-fourths": 75, "three-quarters": 75,
	}
	// counted are what "one" and "first" count; elsewhere they are no numbers.
	counted = map[string]bool{
		"year": true, "years": true, "month": true, "months": true, "week": true, "weeks": true, "day": true, "days": true, "quarter": true, "percent": true,
		"calendar": true, "taxable": true, "tax": true, "half": true, "hour": true, "hours": true, "mile": true, "dollar": true,
	}
)

// A word is one of a text, in lower case, with its place.
type word struct {
	text       string
	begin, end int
}

// wordsIn returns the words of a text: letters, with apostrophes and hyphens in them.
func wordsIn(text string, hyphens bool) (list []word) {
	list = make([]word, 0, len(text)/5)
	begin := -1
	for at := 0; at <= len(text); at++ {
		letter := at < len(text) && (isLetter(text[at]) || begin >= 0 && (text[at] == '\'' || hyphens && text[at] == '-') && at+1 < len(text) && isLetter(text[at+1]))
		switch {
		case letter && begin < 0:
			begin = at
		case !letter && begin >= 0:
			list = append(list, word{strings.ToLower(text[begin:at]), begin, at})
			begin = -1
		}
	}
	return list
}

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }
func isDigit(c byte) bool  { return '0' <= c && c <= '9' }

// inDigits returns a text with the words for numbers in digits, and its words:
// "twenty-five percent" is "25 percent".
func inDigits(text string) (string, []word) {
	var b strings.Builder
	done := 0
	words := wordsIn(text, true)
	for i := 0; i < len(words); i++ {
		digits, n := numberIn(text, words[i:])
		if n == 0 {
			continue
		}
		b.WriteString(text[done:words[i].begin])
		b.WriteString(digits)
		i += n - 1
		done = words[i].end
	}
	if done == 0 {
		return text, words
	}
	b.WriteString(text[done:])
	return b.String(), wordsIn(b.String(), true)
}

// numberIn reads the number with which the words begin, and returns how many of them
// it takes; 0: it is none.
func numberIn(text string, words []word) (digits string, n int) {
	first := words[0].text
	next := ""
	if len(words) > 1 && text[words[0].end:words[1].begin] == " " {
		next = words[1].text
	}
	if percent, ok := fractions[first]; ok {
		if next == "percent" {
			return strconv.FormatFloat(percent/100, 'g', -1, 64), 1
		}
		return strconv.FormatFloat(percent, 'g', -1, 64) + "%", 1
	}
	if number, ok := ordinals[first]; ok && (number > 3 || counted[next]) {
		return ordinal(number), 1
	}
	var sum, part int64
	for n < len(words) {
		if n > 0 && text[words[n-1].end:words[n].begin] != " " {
			break
		}
		value, ok := value(words[n].text)
		scale := scaleWords[words[n].text]
		switch {
		case ok && (n == 0 || part%10 == 0 && value < 10 && part > 0 || part%100 == 0 && value < 100 && part+sum > 0):
			part += value
		case scale > 0 && n > 0 && scale == 100:
			part *= scale
		case scale > 0 && n > 0:
			sum, part = sum+part*scale, 0
		case words[n].text == "and" && n > 0 && scaleWords[words[n-1].text] > 0 && n+1 < len(words) && isNumber(words[n+1].text):
		case words[n].text == "a" && n == 0 && scaleWords[next] > 0:
			part = 1
		default:
			return numeral(sum+part, words[:n], words[n].text)
		}
		n++
	}
	after := ""
	if n < len(words) {
		after = words[n].text
	}
	return numeral(sum+part, words[:n], after)
}

// ordinal writes 1st, 2nd, 3rd, 4th.
func ordinal(n int64) string {
	if n < 4 {
		return []string{"0th", "1st", "2nd", "3rd"}[n]
	}
	return strconv.FormatInt(n, 10) + "th"
}

// numeral returns the digits of a number, with what a hyphen adds to its last word:
// five-year is 5-year. One alone is a number only before what it counts.
func numeral(number int64, words []word, after string) (string, int) {
	if len(words) == 0 {
		return "", 0
	}
	_, tail, hyphen := cutNumber(words[len(words)-1].text)
	if number == 1 && len(words) == 1 && !counted[after] && !counted[tail] {
		return "", 0
	}
	text := strconv.FormatInt(number, 10)
	if hyphen {
		text += "-" + tail
	}
	return text, len(words)
}

func isNumber(text string) bool {
	_, ok := value(text)
	return ok
}

// value returns the number that a word begins with: twenty-five, five-year.
func value(text string) (int64, bool) {
	number, _, _ := cutNumber(text)
	return number, number >= 0
}

// cutNumber splits a word into its number, -1 for none, and what follows its hyphen.
func cutNumber(text string) (number int64, tail string, hyphen bool) {
	head, rest, joined := strings.Cut(text, "-")
	number, ok := numberWords[head]
	if !ok {
		return -1, "", false
	}
	if !joined {
		return number, "", false
	}
	unit, more, further := strings.Cut(rest, "-")
	if ones, ok := numberWords[unit]; ok && number >= 20 && ones < 10 {
		return number + ones, more, further
	}
	if scaleWords[unit] > 0 {
		return number * scaleWords[unit], more, further
	}
	return number, rest, true
}
