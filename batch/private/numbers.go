package private

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A pattern finds one kind of number. Where the expression has a group, that is
// the number, and what stands before it is the label that makes it one.
type pattern struct {
	kind   Kind
	digits int      // that a text must have in a row for it; see longest
	words  []string // of which a text must hold one, in lower case; nil: none
	form   *regexp.Regexp
	check  func(number string) bool // nil: the form is enough
}

// Numbers without a label must be apart from other digits, letters and dashes, and
// must pass the check; those after a label may be digits in a row.
var patterns = []pattern{
	{SSN, 9, nil, regexp.MustCompile(`\d{3} ?- ?\d{2} ?- ?\d{4}|\d{3} \d{2} \d{4}|\d{3}\.\d{2}\.\d{4}`), isSSN},
	{ITIN, 9, nil, regexp.MustCompile(`9\d{2} ?- ?\d{2} ?- ?\d{4}|9\d{2} \d{2} \d{4}|9\d{2}\.\d{2}\.\d{4}`), isITIN},
	{SSN, 9, taxpayerWords, regexp.MustCompile(taxpayer + gap + `(` + nine + `)`), isSSN},
	{ITIN, 9, taxpayerWords, regexp.MustCompile(taxpayer + gap + `(` + nine + `)`), isITIN},
	{EIN, 9, nil, regexp.MustCompile(`\d{2}-\d{7}`), isEIN},
	{EIN, 9, []string{"ein", "employer"}, regexp.MustCompile(`(?i)\b(?:f?ein|employer id(?:entification)?)` + gap + `(\d{9})`), isEIN},
	{Account, 9, nil, regexp.MustCompile(`[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?`), isIBAN},
	{Account, 9, []string{"routing", "aba", "rtn"}, regexp.MustCompile(`(?i)\b(?:routing|aba|rtn)\b` + gap + `(\d{9})`), isRouting},
	{Account, 6, []string{"acc"}, regexp.MustCompile(`(?i)\b(?:account|acct)s?\.? ?(?:number|num\b|nr\b|no\b|#)\.?[^0-9\n]{0,8}?(\d(?:[ -]?\d){5,16})`), nil},
	{Account, 8, []string{"acc"}, regexp.MustCompile(`(?i)\b(?:account|acct)\.?:? ?(\d{8,17})`), nil},
	{Card, 13, nil, regexp.MustCompile(`\d+(?:[ -]\d+)*`), isCard},
	{Email, 0, []string{"@"}, regexp.MustCompile(`[\pL\pN._%+-]+@[\pL\pN-]+(?:\.[\pL\pN-]+)*\.\pL{2,}`), nil},
	{Phone, 10, nil, regexp.MustCompile(`(?:\+?1[-. ]?)?(?:\([2-9]\d{2}\) ?|[2-9]\d{2}[-. ])[2-9]\d{2}[-. ]\d{4}`), isPhone},
	{Phone, 9, []string{"+"}, regexp.MustCompile(`\+[2-9]\d{0,2}(?:[-. ]?\(?\d{1,4}\)?){2,5}`), isForeignPhone},
}

var taxpayerWords = []string{"ssn", "social", "tin", "taxpayer"}

const (
	taxpayer = `(?i)\b(?:ssn|social security|i?tin|taxpayer id(?:entification)?)`
	gap      = `[^0-9\n]{0,24}?` // between a label and its number: "number is: "
	nine     = `\d{3}[-. ]{0,3}\d{2}[-. ]{0,3}\d{4}|\d{3}[-. ]\d{3}[-. ]\d{3}`
)

// numbers returns the private numbers and addresses in a folded text; they may
// overlap.
func numbers(text string) (found []finding) {
	digits, lower := longest(text), ""
	if digits >= 6 || strings.Contains(text, "@") {
		lower = strings.ToLower(text)
	}
	for _, p := range patterns {
		if digits < p.digits || p.words != nil && !slices.ContainsFunc(p.words, func(word string) bool { return strings.Contains(lower, word) }) {
			continue // most texts: the expression would take a hundred times as long
		}
		for _, m := range p.form.FindAllStringSubmatchIndex(text, -1) {
			start, end, labelled := m[0], m[1], len(m) > 2
			if labelled {
				start, end = m[2], m[3]
			}
			if p.is(text, start, end, labelled) {
				found = append(found, finding{p.kind, start, end})
			} else if !labelled {
				found = append(found, p.within(text, start, end)...)
			}
		}
	}
	return found
}

// is reports whether text[start:end], which has the form, is a number of the kind.
func (p pattern) is(text string, start, end int, labelled bool) bool {
	return (p.kind == Email || apart(text, start, end, labelled)) && (p.check == nil || p.check(text[start:end]))
}

var groups = regexp.MustCompile(`[^ -]+`)

// within returns the numbers that are some of the groups in text[start:end], which
// has the form but is none: a card's number before its date, 4111 1111 1111 1111 12.
func (p pattern) within(text string, start, end int) (found []finding) {
	const longest = 42 // bytes: an IBAN of 34 characters in groups of four
	all := groups.FindAllStringIndex(text[start:end], -1)
	for i := 0; i < len(all); i++ {
		for j := min(len(all)-1, i+longest/2); j >= i; j-- {
			from, to := start+all[i][0], start+all[j][1]
			if to-from <= longest && p.form.FindString(text[from:to]) == text[from:to] && p.is(text, from, to, false) {
				found, i = append(found, finding{p.kind, from, to}), j
				break
			}
		}
	}
	return found
}

// longest returns how many digits there are at most with no letter, comma or
// dollar sign between them.
func longest(text string) (most int) {
	digits := 0
	for i := range len(text) {
		switch c := text[i]; {
		case '0' <= c && c <= '9':
			digits++
			most = max(most, digits)
		case c == ',' || c == '$' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z':
			digits = 0
		}
	}
	return most
}

// apart reports whether a number stands for itself: it is not part of a longer
// number or word, of an amount, or of a percentage. Its label may touch it:
// SSN123456789.
func apart(text string, start, end int, labelled bool) bool {
	before, n := utf8.DecodeLastRuneInString(text[:start])
	after, m := utf8.DecodeRuneInString(text[end:])
	if unicode.IsLetter(before) && !labelled || unicode.IsDigit(before) || before == '$' || unicode.IsLetter(after) || unicode.IsDigit(after) || after == '%' {
		return false
	}
	return !joins(text, start-n, start) && !joins(text, end, end+m)
}

// digitsBefore is a number's last digits, before a comma.
var digitsBefore = regexp.MustCompile(`\d{4}$`)

// joins reports whether text[start:end], a mark beside a number, makes it one with
// the digits on its other side. In a list without spaces it does not:
// 123-45-6789/222-33-4444; nor does a comma after four digits, which are no thousands.
func joins(text string, start, end int) bool {
	before, _ := utf8.DecodeLastRuneInString(text[:start])
	after, _ := utf8.DecodeRuneInString(text[end:])
	if !unicode.IsDigit(before) || !unicode.IsDigit(after) {
		return false
	}
	mark := text[start:end]
	return mark == "-" || mark == "." || mark == "," && !digitsBefore.MatchString(text[max(0, start-4):start])
}

// digitsOf returns a number without what stands between its digits.
func digitsOf(number string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, number)
}

// isSSN reports whether the Social Security Administration could have issued the
// number: no area 000, 666 or 900 to 999, no group 00, no serial 0000.
func isSSN(number string) bool {
	d := digitsOf(number)
	return d[:3] != "000" && d[:3] != "666" && d[0] != '9' && d[3:5] != "00" && d[5:] != "0000"
}

// isITIN reports whether the group is one of those that the IRS uses: 50 to 65, 70
// to 88, 90 to 92, 94 to 99.
func isITIN(number string) bool {
	d := digitsOf(number)
	g := d[3:5]
	return d[0] == '9' && ("50" <= g && g <= "65" || "70" <= g && g <= "88" || "90" <= g && g != "93")
}

// isEIN reports whether the number begins with a prefix that the IRS assigns.
func isEIN(number string) bool {
	return !slices.Contains([]string{"00", "07", "08", "09", "17", "18", "19", "28", "29", "49", "69", "70", "78", "79", "89", "96", "97"}, number[:2])
}

// isRouting reports whether the check digit of an ABA routing number is right: 3, 7
// and 1 times its digits is a multiple of ten.
func isRouting(number string) bool {
	sum := 0
	for i, c := range number {
		sum += int(c-'0') * []int{3, 7, 1}[i%3]
	}
	return sum > 0 && sum%10 == 0
}

// isIBAN reports whether the check digits of an international bank account number
// are right by ISO 7064: its letters as 10 to 35, its first four characters last, it
// is 1 modulo 97.
func isIBAN(number string) bool {
	s := strings.ReplaceAll(number, " ", "")
	rest := 0
	for _, c := range s[4:] + s[:4] {
		if c >= 'A' {
			rest = (rest*100 + int(c-'A') + 10) % 97
		} else {
			rest = (rest*10 + int(c-'0')) % 97
		}
	}
	return len(s) >= 15 && rest == 1
}

var issuers = regexp.MustCompile(`^(?:4(?:\d{12}|\d{15}|\d{18})|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}|3[47]\d{13}|` +
	`3(?:0[0-5]|[68]\d)\d{11}|35(?:2[89]|[3-8]\d)\d{12}|6(?:011|4[4-9]\d|5\d\d)\d{12}|62\d{14,17})$`)

// isCard reports whether a card network issues such numbers, and checks the last
// digit by Luhn's sum.
func isCard(number string) bool {
	d := digitsOf(number)
	sum := 0
	for i := range len(d) {
		n := int(d[len(d)-1-i] - '0')
		if i%2 == 1 {
			n *= 2
		}
		sum += n/10 + n%10
	}
	return sum%10 == 0 && issuers.MatchString(d)
}

// isPhone reports whether a number of North America is anybody's own.
func isPhone(number string) bool {
	d := strings.TrimPrefix(digitsOf(number), "1")
	return !slices.Contains([]string{"800", "822", "833", "844", "855", "866", "877", "888"}, d[:3])
}

func isForeignPhone(number string) bool {
	n := len(digitsOf(number))
	return n >= 9 && n <= 15
}

// fold returns the text as the patterns read it: every dash is a hyphen, every
// space a plain one, wide characters are plain, and what cannot be seen is gone. at
// tells where a byte of it stands in the text.
func fold(text string) (folded string, at func(int) int) {
	if !strings.ContainsFunc(text, func(r rune) bool { return r >= utf8.RuneSelf }) {
		return text, func(i int) int { return i }
	}
	var b strings.Builder
	places := make([]int, 0, len(text)+1)
	for i, r := range text {
		switch {
		case unicode.Is(unicode.Pd, r) || r == '−' || r == '⁃':
			r = '-'
		case r != '\n' && unicode.IsSpace(r):
			r = ' '
		case '！' <= r && r <= '～':
			r += '!' - '！'
		case unicode.Is(unicode.Cf, r):
			continue
		}
		n, _ := b.WriteRune(r)
		for range n {
			places = append(places, i)
		}
	}
	places = append(places, len(text))
	return b.String(), func(i int) int { return places[i] }
}
