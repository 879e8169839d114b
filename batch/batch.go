// Package batch runs files of paid questions through a streaming chat API and
// brings home every answer. A saved answer is never paid for again.
//
// The normal case is three calls: [Import] reads the questions into a
// checkpoint, [Run] asks those that have no answer yet, and [Records] gives
// every row back in input order. Whatever stops Run (an empty balance, a
// throttled account, a signal, a crash), calling it again takes up the rest.
//
// The package knows neither how questions are read (package question), nor how
// they are asked (an [Asker], such as the one of package chat), nor how
// answers are written (package report).
package batch

import (
	"context"
	"encoding/json"
	"time"
)

// An Asker sends one request and brings home its answer. Run calls it from
// many goroutines.
//
// Ask returns an answer only when it is whole: a stream that ends without a
// finish reason is an error. It does not retry. Its error is an [*Error]
// wherever more is known than that the request failed; [Classify] decides what
// an error means for the run. Ask returns soon after ctx is done.
type Asker interface {
	Ask(ctx context.Context, req Request) (Answer, error)
}

// A Request is what is sent for a question, and with it the question's
// identity: two questions with the same payload are asked once.
//
// An Asker that streams calls [Request.Accepted].
type Request struct {
	// Payload is the JSON object to send, in canonical form (members sorted,
	// no white space): model, messages and every request parameter. It does
	// not hold "stream", which belongs to the transport.
	Payload json.RawMessage

	accepted func(Limits) // nil outside of a run
}

// Accepted tells the run that the service let the request in, before the answer
// is there, and what it said of its limits. The run can then send others
// sooner; it need not be called.
func (r Request) Accepted(l Limits) {
	if r.accepted != nil {
		r.accepted(l)
	}
}

// A Question is one row of the input.
type Question struct {
	// ID names the row to people: the id column's value, or the row number.
	ID string
	// Line is the line of the file where the row begins, from 1; in an Excel
	// file it is the row of the sheet.
	Line int
	// Text is what to ask, unless Messages is set.
	Text string
	// Messages is a conversation to send instead of Text.
	Messages []Message
	// Subject is what the question is about before a template dressed it:
	// the question column's text, or the whole row where there is none. It
	// tells a question asked in another way from another question.
	Subject string
	// AskMode overrides the run's ask mode for this row; empty means the run's.
	AskMode AskMode
	// Model overrides the run's model for this row; empty means the run's.
	Model string
	// Params holds this row's own request parameters. They override the run's.
	Params map[string]json.RawMessage
	// Fields is the row as it was read: a JSON array of strings in the order
	// of Input.Columns for CSV and XLSX, the original object for JSONL.
	Fields json.RawMessage
	// Originals are what the placeholders in Text, Messages and Params stand for.
	// They are never sent; [Records] puts them back into the answer.
	Originals map[string]string
	// Skip says why the row cannot be asked ("no question"); empty otherwise.
	Skip string
}

// A Message is one turn of a conversation, with the role as the input has it
// (system, user, assistant, human, ai).
type Message struct {
	Role    string `json:"role"`
	Content string `json:"content"`
}

// A Format names the form of a question file.
type Format string

// The formats that questions are read from.
const (
	CSV   Format = "csv"
	JSONL Format = "jsonl"
	XLSX  Format = "xlsx"
)

// Input describes a question file as far as its answers, and a run that takes up
// the rest, need it.
type Input struct {
	Format Format `json:"format"`
	// Columns are the header of a CSV or Excel file, or the member names of a
	// JSONL file in order of first appearance.
	Columns []string `json:"columns"`
	// Delimiter separates CSV fields; empty means a comma.
	Delimiter string `json:"delimiter,omitempty"`
	// Tabs says that the file has tabs as its name promises, such as q.tsv: a
	// .csv file of it has commas.
	Tabs bool `json:"tabs,omitempty"`
	// BOM says that a UTF-8 file began with a byte order mark.
	BOM bool `json:"bom,omitempty"`
	// Encoding is what the file's text was encoded in; empty means UTF-8.
	Encoding string `json:"encoding,omitempty"`
	// Private counts the questions that hold what should perhaps not be sent.
	Private []PrivateCount `json:"private,omitempty"`
	// FilteredRows are the rows of an Excel sheet that a filter hides.
	FilteredRows int `json:"filtered_rows,omitempty"`
}

// A PrivateCount is how many questions hold one kind of private text, such as
// social security numbers. Package private finds it.
type PrivateCount struct {
	Kind      string   `json:"kind"`
	Questions int      `json:"questions"`
	First     []string `json:"first"` // ids of the first few
}

// A Status says what became of a row.
type Status string

// The states of a row. Running ends in answered, failed, or (after a stop)
// pending again. Truncated, refused, empty and unclear are answers that arrived
// whole and were charged, and that somebody should look at.
const (
	Pending   Status = "pending"   // not asked yet, or stopped before an outcome
	Running   Status = "running"   // sent, no outcome recorded yet
	Answered  Status = "answered"  // the answer is on disk
	Truncated Status = "truncated" // answered, but cut at the model's length limit
	Refused   Status = "refused"   // answered, but with a content refusal
	Empty     Status = "empty"     // answered, but without any text
	// EndedUnclear is answered, but with a finish reason that is not known.
	EndedUnclear Status = "unclear"
	Failed       Status = "failed"  // given up; Error says why
	Skipped      Status = "skipped" // the row holds no question; never sent
)

// A Record is one row of the output: the row as read and what became of it.
// It is what package report writes.
type Record struct {
	ID      string
	Line    int             // line in the input, from 1
	Fields  json.RawMessage // as in [Question]
	Payload json.RawMessage // as in [Request], with what was masked in it; nil for a row that cannot be asked
	Status  Status
	Answer  *Answer // nil unless there is one
	// Unfit says why the answer does not fit the schema that it was asked to fit. Of
	// one that does, Plain has the texts as its text, a paragraph each.
	Unfit    string
	Plain    *Answer
	Error    string  // why the row is failed or skipped, or was last not answered
	Attempts int     // requests sent for it that counted
	Seconds  float64 // how long the last one of an answered or failed row took
	// RequestID is the service's name for the request that Error is about; that
	// of an answer is in Answer.
	RequestID string
	Cost      Money
	Reused    string    // the checkpoint that paid for the answer, as seen from this one's folder; empty: this one
	Review    *Review   // what people wrote beside the row; nil: nothing
	Started   time.Time // of the last attempt of an answered or failed row; zero otherwise
	Finished  time.Time
}
