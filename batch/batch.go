// Package batch asks files of paid questions through a streaming chat API, and keeps
// every answer on disk.
//
// The normal case is three calls: [Import] reads the questions into a checkpoint,
// [Run] asks those that have no answer yet, and [Records] returns every row in input
// order. If Run stops (an empty balance, a throttled account, a signal, a crash),
// the next Run continues. An answered question is never asked again. A question that
// was in flight when the process was killed is asked again, and may be charged
// twice.
//
// Package question reads questions from files, package chat contains an [Asker] for
// OpenAI-compatible services, and package report writes the answers to files.
package batch

import (
	"context"
	"encoding/json"
	"time"

	"bizbatch/batch/pace"
)

// An Asker sends a request to a service and returns the answer. Run calls Ask from
// several goroutines.
//
// Ask returns an answer only if it is complete: a stream that ends without a finish
// reason is an error. Ask does not retry, and returns soon after ctx is done. If the
// service said why the request failed, the error is an [*Error]. Any other error
// counts as a passing fault that may have been charged. [Classify] decides what an
// error means for the run.
type Asker interface {
	Ask(ctx context.Context, req Request) (Answer, error)
}

// A Request is what is sent for a question. It identifies the question: two
// questions with the same payload are asked once.
//
// An Asker that streams should call [Request.Accepted].
type Request struct {
	// Payload is the JSON object to send: the model, the messages and all request
	// parameters. It is canonical: members are sorted, and there is no white space.
	// It does not contain "stream", which the Asker adds if it streams.
	Payload json.RawMessage

	accepted func(pace.Limits) // nil outside of a run
	step     func(string)      // nil outside of a run, or if nobody wants to know
}

// Accepted tells the run, before the answer arrives, that the service accepted the
// request, and which limits it reported. The run can then send further requests
// sooner. Calling it is optional.
func (r Request) Accepted(l pace.Limits) {
	if r.accepted != nil {
		r.accepted(l)
	}
}

// Step tells the run what the service is doing for the request, such as "Searching
// the code". An Asker need not call it.
func (r Request) Step(title string) {
	if r.step != nil {
		r.step(title)
	}
}

// A Question is one row of the input. A question needs an ID and either Text or
// Messages.
type Question struct {
	// ID is the row's name: the value of the id column, or the row number.
	ID string
	// Line is the line of the file where the row begins, from 1. In an Excel file it
	// is the row of the sheet. 0 if there is no file.
	Line int
	// Text is the question. It is ignored if Messages is set.
	Text string
	// Messages is a conversation to send instead of Text.
	Messages []Message
	// Subject is the question without its template: the text of the question column,
	// or the whole row if there is no such column. Import uses it to find questions
	// that are answered under other settings. Default: Text or Messages.
	Subject string
	// AskMode overrides the run's ask mode for this row. Default: the run's.
	AskMode AskMode
	// Model overrides the run's model for this row. Default: the run's.
	Model string
	// Params are request parameters of this row. They override the run's.
	Params map[string]json.RawMessage
	// Fields is the row as it was read: for CSV and XLSX a JSON array of strings in
	// the order of Input.Columns, for JSONL the original object. It may be nil.
	Fields json.RawMessage
	// Originals are the texts that placeholders in Text, Messages and Params stand
	// for. They are never sent. [Records] puts them back into the answer.
	Originals map[string]string
	// Skip is the reason why the row cannot be asked, such as "no question", or
	// empty.
	Skip string
}

// A Message is one message of a conversation. Its role is that of the input: system,
// user, assistant, human or ai.
type Message struct {
	Role    string `json:"role"`
	Content string `json:"content"`
}

// A Format is the format of a question file.
type Format string

// The formats that questions are read from.
const (
	CSV   Format = "csv"
	JSONL Format = "jsonl"
	XLSX  Format = "xlsx"
)

// Input describes a question file. Reports and later runs use it.
type Input struct {
	Format Format `json:"format"`
	// Columns are the column names of a CSV or Excel file, or the member names of a
	// JSONL file in order of first appearance.
	Columns []string `json:"columns"`
	// Question is the name of the column (or JSONL member) that contains the
	// questions, as in Columns. It is empty if there is none or it is not known.
	Question string `json:"question,omitempty"`
	// Delimiter separates the fields of a CSV file. Default: a comma.
	Delimiter string `json:"delimiter,omitempty"`
	// Tabs reports that the file's name, such as q.tsv, promises tabs. A .csv output
	// of such a file uses commas.
	Tabs bool `json:"tabs,omitempty"`
	// BOM reports that a UTF-8 file began with a byte order mark.
	BOM bool `json:"bom,omitempty"`
	// Encoding is the character encoding of the file. Default: UTF-8.
	Encoding string `json:"encoding,omitempty"`
	// Private lists the kinds of text in the questions that perhaps should not be
	// sent.
	Private []PrivateCount `json:"private,omitempty"`
	// FilteredRows is the number of rows of an Excel sheet that a filter hides.
	FilteredRows int `json:"filtered_rows,omitempty"`
}

// QuestionNames are the names of columns that hold questions, in order of preference
// and in lower case.
var QuestionNames = []string{"question", "prompt", "text", "query"}

// A PrivateCount is how many questions hold one kind of private text, such as
// social security numbers. Package private finds it.
type PrivateCount struct {
	Kind      string   `json:"kind"`
	Questions int      `json:"questions"`
	First     []string `json:"first"` // the IDs of the first few
}

// A Status is the state of a row.
type Status string

// The states of a row. A running row becomes answered, failed, or (after a stop)
// pending. Truncated, refused, empty and unclear answers are complete and were
// charged, but need a review.
const (
	Pending   Status = "pending"   // not asked yet, or the run stopped before there was an outcome
	Running   Status = "running"   // sent, without an outcome so far
	Answered  Status = "answered"  // the answer is on disk
	Truncated Status = "truncated" // answered, but cut off at the model's length limit
	Refused   Status = "refused"   // answered, but withheld by a content filter
	Empty     Status = "empty"     // answered, but without text
	// EndedUnclear: answered, with an unknown finish reason.
	EndedUnclear Status = "unclear"
	Failed       Status = "failed"  // given up; Record.Error says why
	Skipped      Status = "skipped" // not sent: the row has no question
)

// A Record is one row of the input and its outcome. Package report writes records.
type Record struct {
	ID       string
	Line     int             // line in the input, from 1
	Fields   json.RawMessage // as in [Question]
	Payload  json.RawMessage // as in [Request], with the originals of what was masked; nil for a row that cannot be asked
	Question string          // the text that was asked, or the last message of a conversation; empty for a skipped row
	Status   Status
	Answer   *Answer // nil if there is none
	// Unfit says why the answer does not fit the schema that it was asked to fit. If
	// it fits, Plain has the texts of its members as its text, a paragraph each.
	Unfit    string
	Plain    *Answer
	Error    string  // why the row failed or was skipped, or why the last attempt brought no answer
	Attempts int     // the attempts that counted
	Seconds  float64 // the duration of the last attempt of an answered or failed row
	// RequestID is the service's ID of the request that Error is about. The ID of an
	// answered request is in Answer.
	RequestID string
	Cost      Money
	Reused    string    // the checkpoint that paid for the answer, relative to this one's folder; empty for this checkpoint
	Review    *Review   // what people wrote beside the row; nil: nothing
	Started   time.Time // the start of the last attempt of an answered or failed row; otherwise zero
	Finished  time.Time

	sent []byte // see Sent
}

// Sent returns what is sent for the row: the payload, with placeholders for what was
// masked. Rows that are asked the same have one answer.
func (r *Record) Sent() []byte {
	if r.sent != nil {
		return r.sent
	}
	return r.Payload
}
