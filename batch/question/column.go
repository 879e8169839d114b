package question

import (
	"fmt"
	"strings"
)

// The names by which columns and members are found, in order of preference and
// in canonical form.
var (
	questionNames = []string{"question", "prompt", "text", "query"}
	idNames       = []string{"id", "question_id", "custom_id"}
	askModeNames  = []string{"ask_mode", "askmode"}
)

// canonical is the form in which names are compared.
func canonical(name string) string { return strings.ToLower(strings.TrimSpace(name)) }

// A layout says where in a row its parts are, -1 for a part that it lacks.
type layout struct{ question, id, askMode int }

// layout finds the parts of a row by its columns' canonical names.
func (o *Options) layout(keys []string) (l layout, err error) {
	if l.question, err = locate(keys, questionNames, o.QuestionColumn, "--question-column"); err != nil {
		return l, err
	}
	if l.id, err = locate(keys, idNames, o.IDColumn, "--id-column"); err != nil {
		return l, err
	}
	if l.askMode, err = first(keys, askModeNames...); err != nil {
		return l, err
	}
	if l.question < 0 && l.id < 0 && l.askMode < 0 && len(keys) == 1 {
		l.question = 0
	}
	return l, nil
}

// locate finds the column that a flag asks for, or else the first of names.
func locate(keys, names []string, asked, flag string) (int, error) {
	if asked == "" {
		return first(keys, names...)
	}
	at, err := first(keys, canonical(asked))
	if at < 0 && err == nil {
		err = &Error{
			Msg:  fmt.Sprintf("no column %q (found: %s)", asked, list(keys)),
			Hint: "name one of these with " + flag,
		}
	}
	return at, err
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

// noQuestionColumn says that none of a row's columns holds a question.
func noQuestionColumn(names []string) *Error {
	return &Error{
		Msg:  "no question column (found: " + list(names) + ")",
		Hint: "name the column that holds the question with --question-column",
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
