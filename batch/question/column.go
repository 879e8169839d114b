package question

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"bizbatch/batch"
)

// The names by which columns and members are found, in order of preference and
// in canonical form.
var (
	idNames      = []string{"id", "question_id", "custom_id"}
	askModeNames = []string{"ask_mode", "askmode", "mode"}
)

// canonical returns a name in the form in which names are compared: in lower case,
// with underscores for hyphens and white space, and without invisible characters.
func canonical(name string) string {
	if plain(name) {
		return name
	}
	name = strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Cf, r): // zero-width, byte order marks, soft hyphens
			return -1
		case r == '_', unicode.Is(unicode.Pd, r):
			return ' '
		}
		return unicode.ToLower(r)
	}, name)
	return strings.Join(strings.Fields(name), "_")
}

// plain reports whether a name is in canonical form, as most names are.
func plain(name string) bool {
	return !strings.ContainsFunc(name, func(r rune) bool { return r < 'a' || r > 'z' })
}

// namesQuestion reports whether a cell is the name of a question column.
func namesQuestion(cell string) bool { return slices.Contains(batch.QuestionNames, canonical(cell)) }

// blank reports whether a text contains only white space and invisible characters.
func blank(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsSpace(r) && !unicode.Is(unicode.Cf, r) })
}

// A layout contains the columns of the parts of a row, or -1 for a missing part.
type layout struct{ question, id, askMode int }

// layout finds the parts of a row by its columns' names.
func (o *Options) layout(names []string) (l layout, err error) {
	keys := make([]string, len(names))
	for i, name := range names {
		keys[i] = canonical(name)
	}
	return o.layoutOf(keys, names)
}

// layoutOf is layout for names whose canonical form is known.
func (o *Options) layoutOf(keys, names []string) (l layout, err error) {
	if l.question, err = locate(keys, names, batch.QuestionNames, o.QuestionColumn, "--question-column"); err != nil {
		return l, err
	}
	if o.table {
		l.id, l.askMode = -1, -1
		return l, nil
	}
	if l.id, err = locate(keys, names, idNames, o.IDColumn, "--id-column"); err != nil {
		return l, err
	}
	l.askMode, err = locate(keys, names, askModeNames, o.AskModeColumn, "--ask-mode-column")
	return l, err
}

// locate finds the column that a flag asks for, or else the first of known.
func locate(keys, names, known []string, asked, flag string) (int, error) {
	if asked == "" {
		return first(keys, known...)
	}
	if at := slices.Index(names, asked); at >= 0 && !slices.Contains(names[at+1:], asked) {
		return at, nil // as it is written, whatever is alike
	}
	at, err := first(keys, canonical(asked))
	if at < 0 && err == nil {
		err = noColumn(asked, names, flag)
	}
	return at, err
}

func noColumn(asked string, names []string, flag string) *Error {
	return &Error{
		Msg:  fmt.Sprintf("no column %q (found: %s)", asked, list(names)),
		Hint: "name one of these with " + flag, noTable: true,
	}
}

// first finds the first of names, -1 if none is there.
func first(keys []string, names ...string) (int, error) {
	for _, name := range names {
		at := -1
		for i, key := range keys {
			if key != name {
				continue
			}
			if at >= 0 {
				return -1, &Error{Msg: fmt.Sprintf("%q is there twice", name), Hint: "rename one of the two"}
			}
			at = i
		}
		if at >= 0 {
			return at, nil
		}
	}
	return -1, nil
}

// noQuestionColumn returns the error for a row without a question column.
func noQuestionColumn(names []string) *Error {
	return &Error{
		Msg:  "no question column (found: " + list(names) + ")",
		Hint: "name the column that holds the question with --question-column", noTable: true,
	}
}

// list names columns in a message, the first few of very many.
func list(names []string) string {
	const most = 20
	var b strings.Builder
	for i, name := range names {
		if i == most {
			fmt.Fprintf(&b, " and %d more", len(names)-most)
			break
		}
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(strings.TrimSpace(name))
	}
	return b.String()
}
