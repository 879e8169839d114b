package question

import (
	"slices"

	"bizbatch/batch"
)

// Understood describes how a file was read, so that people notice a misread file
// before they pay for it. Fields that do not apply are empty or 0.
type Understood struct {
	// Sheet is the sheet that is read. Sheets is the number of sheets in the
	// workbook, and HiddenSheets the number of hidden ones. They are set for Excel
	// files only.
	Sheet        string
	Sheets       int
	HiddenSheets int
	// OpensOn is the sheet that Excel shows when it opens the workbook.
	OpensOn string
	// PassedOver lists the sheets before Sheet that are neither hidden nor read,
	// because they have no question column.
	PassedOver []string
	// FilteredRows is the number of rows of Sheet that a filter hides. They are
	// read. The number is complete after [Reader.Questions] has ended.
	FilteredRows int
	// HeaderLine is the line of the file, or the row of the sheet, with the column
	// names.
	HeaderLine int
	// Question, ID and AskMode are the columns (or JSONL members) with these parts
	// of a row. In JSONL they are those of the first question, and of later ones for
	// parts that it lacks.
	Question, ID, AskMode string
	// ShortRows is the number of rows of a CSV file that end before the last column.
	// Their missing fields are read as empty. The number is complete after
	// [Reader.Questions] has ended.
	ShortRows int
	// Models lists the first few models that the lines of an OpenAI Batch file name.
	Models []string
	// First is the text of the first question, as it is asked.
	First string
}

// Understood returns how the file has been read so far. For Excel and CSV files,
// everything but First, ShortRows and FilteredRows is known when the file is open.
// First is known after [Reader.Questions] has yielded a question.
func (r *Reader) Understood() Understood { return r.understood }

// note records the first question.
func (u *Understood) note(q *batch.Question) {
	if u.First != "" || q.Skip != "" {
		return
	}
	u.First = q.Text
	if n := len(q.Messages); n > 0 {
		u.First = q.Messages[n-1].Content
	}
}

// model records a model that a line names.
func (u *Understood) model(name string) {
	const most = 5
	if name != "" && len(u.Models) < most && !slices.Contains(u.Models, name) {
		u.Models = append(u.Models, name)
	}
}

// name records the columns of the parts of a row.
func (u *Understood) name(names []string, l layout) {
	of := func(at int) string {
		if at < 0 {
			return ""
		}
		return names[at]
	}
	u.Question, u.ID, u.AskMode = of(l.question), of(l.id), of(l.askMode)
}
