package question

import (
	"slices"

	"bizbatch/batch"
)

// Understood says what was understood of a file, so that people notice a
// misread one before they pay for it. What a file has not is empty or 0.
type Understood struct {
	// Sheet is the sheet that is read, of Sheets in the workbook, of which
	// HiddenSheets are hidden. All three are of Excel files only.
	Sheet        string
	Sheets       int
	HiddenSheets int
	// OpensOn is the sheet that Excel shows first when it opens the workbook.
	OpensOn string
	// PassedOver are the sheets before Sheet that are not hidden, and are not
	// read because no column of theirs holds questions.
	PassedOver []string
	// FilteredRows are the rows of Sheet that a filter hides. They are read. It
	// is known once [Reader.Questions] has ended.
	FilteredRows int
	// HeaderLine is the line of the file, or the row of the sheet, that names
	// the columns.
	HeaderLine int
	// Question, ID and AskMode name the columns (or JSONL members) with these
	// parts of a row. In JSONL they are those of the first question and, as far
	// as it lacks them, of later ones.
	Question, ID, AskMode string
	// ShortRows are the rows of a CSV file that end before the last column, and
	// are read as if the rest were empty. They are known once all are read.
	ShortRows int
	// Models are those that the lines of an OpenAI Batch file name, the first
	// few of them.
	Models []string
	// First is the text of the first question, as it is asked.
	First string
}

// Understood says what was understood of the file so far: of Excel and CSV
// files all but First and FilteredRows is known once the file is open. First is
// known once [Reader.Questions] has yielded a question, and the member names of
// JSONL, as far as it has read.
func (r *Reader) Understood() Understood { return r.understood }

// note notes the first question.
func (u *Understood) note(q *batch.Question) {
	if u.First != "" || q.Skip != "" {
		return
	}
	u.First = q.Text
	if n := len(q.Messages); n > 0 {
		u.First = q.Messages[n-1].Content
	}
}

// model notes a model that a line names.
func (u *Understood) model(name string) {
	const most = 5
	if name != "" && len(u.Models) < most && !slices.Contains(u.Models, name) {
		u.Models = append(u.Models, name)
	}
}

// name notes which of the names have a part.
func (u *Understood) name(names []string, l layout) {
	of := func(at int) string {
		if at < 0 {
			return ""
		}
		return names[at]
	}
	u.Question, u.ID, u.AskMode = of(l.question), of(l.id), of(l.askMode)
}
