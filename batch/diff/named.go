package diff

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// A reading is how a kind of fact is read from where its first word begins.
type reading struct {
	pattern *regexp.Regexp
	fact    func(m []string) fact
}

// An authority is read by its number, and told by its usual short name.
func authority(pattern, name string) reading {
	return reading{regexp.MustCompile(`^(?i:` + pattern + `)`), func(m []string) fact {
		return fact{kind: Authority, key: strings.ToLower(name + m[1]), text: name + strings.ToUpper(m[1])}
	}}
}

func form(pattern string) reading {
	return reading{regexp.MustCompile("^" + pattern), func(m []string) fact {
		f := fact{kind: Form, key: strings.ToLower(strings.ReplaceAll(m[1], "-", "")), text: m[0]}
		if m[0] == m[1] {
			f.text = "Form " + m[1]
		}
		return f
	}}
}

const (
	number = `(?: no\.)? ?(\d{2,4}-\d+)`
	months = `(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)`
)

var months3 = map[string]int{"jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "jun": 6, "jul": 7, "aug": 8, "sep": 9, "oct": 10, "nov": 11, "dec": 12}

var (
	regulation = reading{regexp.MustCompile(`^(?i:26 c\.? ?f\.? ?r\.?(?: part| pt\.)?(?: §+)? ?)(\d+\.\d+[A-Za-z]?(?:\([A-Za-z0-9]+\))*-\d+[A-Z]?(?:\([A-Za-z0-9]+\))*)`), func(m []string) fact {
		return fact{kind: Section, key: strings.ToLower(m[1]), text: "Treas. Reg. § " + m[1], number: -1}
	}}
	month = reading{regexp.MustCompile(`^` + months + `[a-z]*\.? (\d{1,2})(?:st|nd|rd|th)?(?:,? (?:of )?(\d{4}))?\b`), func(m []string) fact {
		return date(m[0], m[3], m[1], m[2])
	}}
	monthOfYear = reading{regexp.MustCompile(`^` + months + `[a-z]*\.?,? (?:of )?(\d{4})\b`), func(m []string) fact { return date(m[0], m[2], m[1], "") }}
	dayFirst    = reading{regexp.MustCompile(`^(\d{1,2})(?:st|nd|rd|th)?(?: day)?(?: of)? ` + months + `[a-z]*\.?(?:,? (?:of )?(\d{4}))?\b`), func(m []string) fact {
		return date(m[0], m[3], m[2], m[1])
	}}
	slashed = reading{regexp.MustCompile(`^(\d{1,2})/(\d{1,2})/(\d{4}|\d{2})\b`), func(m []string) fact { return date(m[0], m[3], m[1], m[2]) }}
	iso     = reading{regexp.MustCompile(`^(\d{4})-(\d{2})-(\d{2})\b`), func(m []string) fact { return date(m[0], m[1], m[2], m[3]) }}
	dates   = []reading{month, monthOfYear}
	digits  = []reading{regulation, dayFirst, slashed, iso, form(`(\d{3,4}-[A-Z]{1,4})\b`)} // 1099-NEC
)

// readings are what can begin with a word.
var readings = func() map[string][]reading {
	procedure, ruling := authority(`rev(?:\.|enue)? ?proc(?:\.|edure)?s?`+number, "Rev. Proc. "), authority(`rev(?:\.|enue)? ?rul(?:\.|ing)?s?`+number, "Rev. Rul. ")
	law := authority(`(?:pub(?:lic|\.)? ?l(?:aw|\.)?|p\.? ?l\.?)(?: no\.)? ?(\d{2,3}-\d+)`, "Pub. L. ")
	publication := authority(`(?:irs )?pub(?:lication|\.)?s?(?: no\.)? (\d{1,4}(?:-[a-z])?)\b`, "IRS Pub. ")
	letter := authority(`(?:private letter ruling|priv\. ltr\. rul\.|plr)(?: no\.)? ?(\d{6,9}|\d{2,4}-\d+)`, "PLR ")
	list := map[string][]reading{
		"rev": {procedure, ruling}, "revenue": {procedure, ruling}, "revproc": {procedure}, "revrul": {ruling},
		"pub": {law, publication}, "public": {law}, "p": {law}, "pl": {law}, "publication": {publication}, "publications": {publication}, "irs": {publication},
		"private": {letter}, "priv": {letter}, "plr": {letter},
		"notice": {authority(`notice`+number, "Notice ")}, "notices": {authority(`notices`+number, "Notice ")},
		"announcement": {authority(`announcement`+number, "Announcement ")}, "ann": {authority(`ann\.`+number, "Announcement ")},
		"t":        {authority(`t\.d\. ?(\d{4,5})`, "T.D. "), authority(`t\.c\. ?memo\.?(?: no\.)? ?(\d{4}-\d+)`, "T.C. Memo. ")},
		"td":       {authority(`td (\d{4,5})`, "T.D. ")},
		"treasury": {authority(`treasury decision (\d{4,5})`, "T.D. ")},
		"tc":       {authority(`tc memo\.? (\d{4}-\d+)`, "T.C. Memo. ")},
		"tam":      {authority(`tam (\d{6,9})`, "TAM ")}, "cca": {authority(`cca (\d{6,9})`, "CCA ")}, "gcm": {authority(`gcm (\d{4,5})`, "GCM ")},
		"h":        {authority(`h\. ?r\. ?(\d{1,5})\b`, "H.R. ")},
		"form":     {form(`form ([A-Z]{0,3}-?\d{1,5}[A-Z]{0,4}(?:-[A-Z0-9]{1,4})*)\b`)}, // what has a capital is a figure
		"w":        {form(`(W-\d[A-Z]*(?:-[A-Z])?)\b`)},
		"schedule": {form(`Schedule ([A-Z](?:-\d)?)\b`)}, "sch": {form(`Sch\. ([A-Z](?:-\d)?)\b`)},
	}
	list["w-"] = list["w"]
	for _, m := range strings.Fields("jan feb mar apr may jun jul aug sep sept oct nov dec january february march april june july august september october november december") {
		list[m] = append(list[m], dates...)
	}
	return list
}()

// acts are the short names of acts.
var acts = map[string]string{"tcja": "Tax Cuts and Jobs Act", "obbba": "One Big Beautiful Bill Act", "arpa": "American Rescue Plan Act"}

// longestNamed is how long such a fact is at most, in bytes, and mostCapitals how many
// words the name of an act or a case has.
const (
	longestNamed = 80
	mostCapitals = 12
)

// named returns the facts of a sentence that have words in them: dates, authorities,
// and the forms that need no word Form.
func named(text string) (list []fact) {
	done := 0
	add := func(f fact, begin, end int) {
		f.begin, f.end, f.number = begin, end, -1
		f.key = string(f.kind) + " " + f.key
		list = append(list, f)
		done = end
	}
	try := func(readings []reading, at int) {
		near := text[at:min(len(text), at+longestNamed)]
		for _, r := range readings {
			if m := r.pattern.FindStringSubmatch(near); m != nil {
				if f := r.fact(m); f.key != "" {
					add(f, at, at+len(m[0]))
					return
				}
			}
		}
	}
	looked := 0
	numbers := func(to int) { // those before the next word
		for ; looked < to; looked++ {
			if at := looked; isDigit(text[at]) && at >= done && (at == 0 || !isDigit(text[at-1])) {
				try(digits, at)
			}
		}
	}
	words := wordsIn(text, false)
	for i, w := range words {
		numbers(w.begin)
		switch {
		case w.begin < done:
		case readings[w.text] != nil:
			try(readings[w.text], w.begin)
		case acts[w.text] != "":
			add(fact{kind: Authority, key: actKey(acts[w.text]), text: text[w.begin:w.end]}, w.begin, w.end)
		case w.text == "act" && text[w.begin] == 'A':
			if begin := capitalsBefore(text, words[:i]); begin < w.begin && begin >= done {
				add(fact{kind: Authority, key: actKey(text[begin:w.end]), text: text[begin:w.end]}, begin, w.end)
			}
		case (w.text == "v" || w.text == "vs") && strings.HasPrefix(text[w.end:], ".") && i > 0 && i+1 < len(words):
			if f, begin, end, ok := caseAt(text, words, i); ok && begin >= done {
				add(f, begin, end)
			}
		}
	}
	numbers(len(text))
	return list
}

// date returns the fact of a date, of which year and day may be missing; of no key
// where there is no such day.
func date(text, year, month, day string) fact {
	m, ok := months3[strings.ToLower(month)]
	if !ok {
		m, _ = strconv.Atoi(month)
	}
	d, _ := strconv.Atoi(day)
	if m < 1 || m > 12 || d > 31 || day != "" && d == 0 {
		return fact{}
	}
	if len(year) == 2 {
		year = "20" + year
	}
	return fact{kind: Date, key: fmt.Sprintf("%s-%02d-%02d", year, m, d), text: strings.TrimSpace(text)}
}

func actKey(name string) string { return strings.ToLower(name) }

// joining are the small words within the name of an act or a party.
var joining = map[string]bool{"and": true, "of": true, "for": true, "the": true}

// capitalsBefore returns where the capitalized words before a place begin that belong
// to the name that ends there.
func capitalsBefore(text string, words []word) (begin int) {
	begin = len(text)
	words = words[max(0, len(words)-mostCapitals):]
	for i := len(words) - 1; i >= 0; i-- {
		w := words[i]
		next := begin
		if i+1 < len(words) {
			next = words[i+1].begin
		}
		if between := strings.Trim(text[w.end:min(next, len(text))], " &,.-"); between != "" && i+1 < len(words) {
			break
		}
		capital := text[w.begin] >= 'A' && text[w.begin] <= 'Z'
		switch {
		case capital && !leading[w.text]:
			begin = w.begin
		case !joining[w.text] || capital:
			return begin
		}
	}
	return begin
}

// leading are words that begin a sentence, and no name.
var leading = map[string]bool{"in": true, "see": true, "under": true, "the": true, "as": true, "per": true, "by": true, "this": true, "that": true, "and": true, "but": true, "since": true, "after": true, "before": true, "an": true, "also": true, "when": true, "if": true, "because": true, "while": true}

// suffixes are no part of a party's name that tells it from others.
var suffixes = map[string]bool{"inc": true, "co": true, "corp": true, "ltd": true, "llc": true, "company": true, "corporation": true}

// parties are the ways to write the usual ones.
var parties = map[string]string{"comm'r": "commissioner", "commr": "commissioner", "u": "united", "us": "united"}

// caseAt reads the name of a case around the v. at words[i]: the last name before and the
// first one after it tell it from others.
func caseAt(text string, words []word, i int) (f fact, begin, end int, ok bool) {
	last := i - 1
	for last > 0 && suffixes[words[last].text] {
		last--
	}
	first := i + 1
	if !isCapital(text[words[last].begin]) || !isCapital(text[words[first].begin]) {
		return f, 0, 0, false
	}
	begin = min(capitalsBefore(text, words[:i]), words[last].begin)
	end = words[first].end
	name := func(w word) string {
		if usual := parties[w.text]; usual != "" {
			return usual
		}
		return w.text
	}
	f = fact{kind: Authority, key: name(words[last]) + " v " + name(words[first]), text: text[begin:end]}
	return f, begin, end, true
}

func isCapital(c byte) bool { return 'A' <= c && c <= 'Z' }
