// Package private finds what should not leave the machine in the text of a
// question, such as social security numbers, and masks it.
//
// Section 7216 of the Internal Revenue Code forbids a preparer to disclose return
// information without consent. The package finds numbers by their form, their
// check digits and the words before them, and a firm's own words by a list. It
// cannot find what has no such form: the name of a client that is not in the list.
package private

import "slices"

// Version changes when the same text would be masked in another way.
const Version = 4

// A Kind is a kind of private text. Its value begins the placeholders of the kind:
// [SSN-1].
type Kind string

// The kinds, in the order in which they are reported.
const (
	SSN     Kind = "SSN"     // a social security number
	ITIN    Kind = "ITIN"    // an individual taxpayer identification number
	EIN     Kind = "EIN"     // an employer identification number
	Account Kind = "ACCOUNT" // a bank account: an account, routing or IBAN number
	Card    Kind = "CARD"    // the number of a payment card
	Email   Kind = "EMAIL"   // an e-mail address
	Phone   Kind = "PHONE"   // a telephone number; toll-free numbers are public
	Word    Kind = "NAME"    // a word of the list
)

var kinds = []Kind{SSN, ITIN, EIN, Account, Card, Email, Phone, Word}

// Name returns the kind as messages call it: "a social security number".
func (k Kind) Name() string {
	switch k {
	case SSN:
		return "a social security number"
	case ITIN:
		return "an individual taxpayer identification number"
	case EIN:
		return "an employer identification number"
	case Account:
		return "a bank account number"
	case Card:
		return "a card number"
	case Email:
		return "an e-mail address"
	case Phone:
		return "a phone number"
	}
	return "a word of --private-words"
}

// A Finder finds private text. The zero value knows no words and is ready for use.
// It is safe for concurrent use.
type Finder struct{ words words }

// NewFinder returns a Finder that also finds the given words and phrases, whatever
// their case and the punctuation between them.
func NewFinder(list []string) *Finder { return &Finder{words: wordsOf(list)} }

// A finding is the private text at text[start:end].
type finding struct {
	kind       Kind
	start, end int // in bytes
}

// find returns the findings in order. It takes them out of the text and looks again
// until it finds nothing: one may have hidden another.
func (f *Finder) find(text string) (found []finding) {
	for {
		more := f.look(text)
		if len(more) == 0 {
			return found
		}
		found = merged(append(found, more...))
		text = without(text, more)
	}
}

// look returns what is found in the text at once; findings may overlap.
func (f *Finder) look(text string) (found []finding) {
	plain, at := fold(text)
	for _, number := range numbers(plain) {
		found = append(found, finding{number.kind, at(number.start), at(number.end)})
	}
	return append(found, f.words.find(text)...)
}

// without returns the text with as many line ends in the place of each finding: no
// number and no phrase goes across them.
func without(text string, found []finding) string {
	rest := []byte(text)
	for _, f := range found {
		for i := f.start; i < f.end; i++ {
			rest[i] = '\n'
		}
	}
	return string(rest)
}

// merged returns the findings in order. Those that overlap are one, of the
// first's kind.
func merged(all []finding) []finding {
	slices.SortStableFunc(all, func(a, b finding) int {
		if a.start != b.start {
			return a.start - b.start
		}
		return b.end - a.end
	})
	apart := all[:0]
	for _, found := range all {
		if n := len(apart); n > 0 && found.start < apart[n-1].end {
			apart[n-1].end = max(apart[n-1].end, found.end)
		} else {
			apart = append(apart, found)
		}
	}
	return apart
}
