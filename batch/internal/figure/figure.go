// Package figure finds the sentences in texts about tax law, and their figures:
// section numbers, forms, dollar amounts, percentages and other numbers.
package figure

// A Kind is what a figure counts.
type Kind string

// The kinds. A number that is none of them has no kind.
const (
	Section    Kind = "section"
	Form       Kind = "form"
	Amount     Kind = "amount"
	Percentage Kind = "percentage"
)

// Unit is one dollar, or one percent.
const Unit = 10_000

// A Figure is a number in a clean text, and what it counts.
type Figure struct {
	Kind       Kind
	Text       string // as a reader knows it, such as § 168(k)
	Begin, End int
	Values     []int64 // in ten-thousandths; several where it can be read in several ways
	// Base and Path are the number and the subdivision that it has if it is that of
	// a section, such as 168 and (k)(1), in lower case. The base of a form is its
	// name.
	Base, Path string
}
