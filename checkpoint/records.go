package checkpoint

import "iter"

// A Record is a part of a checkpoint on its way to another one. One member is set.
// Times are milliseconds since 1970, 0 where there is none; numbers are those of the
// checkpoint that it comes from.
type Record struct {
	Note      *NoteRecord
	Settings  *SettingsRecord
	Run       *RunRecord
	Request   *RequestRecord
	Row       *RowRecord
	Uncertain *UncertainRecord
	Review    *ReviewRecord
	Order     *Order
}

// Records are the records of a checkpoint. What a record refers to comes before it.
type Records = iter.Seq2[Record, error]

// A NoteRecord is a small thing that is kept by name: what SetNote kept, or what an
// import did.
type NoteRecord struct {
	Name  string
	Value []byte
}

// A SettingsRecord is what a run set for its requests.
type SettingsRecord struct {
	Number int64
	Value  []byte
}

// A RequestRecord is a request with its answers.
type RequestRecord struct {
	Number               int64
	Payload              []byte
	Mode                 string
	Subject              int64 // a hash
	State                State
	Position, Settings   int64
	Attempts             int
	Interrupted, Passing bool
	Reason, Error        string
	RequestID            string
	Agreed               bool // to ask it though its subject is answered under other settings
	Unfit                bool
	Times                int // that it was sent because its answer does not fit
	AnswerRecord             // of the answer, or of the last attempt
	Earlier              []AnswerRecord
	Waits                string // why the last of these is its answer until there is another; empty: it is not
}

// An AnswerRecord is an answer, or an attempt at one.
type AnswerRecord struct {
	Run, Started, Finished, Cost int64
	Origin                       string // the checkpoint that paid for it; empty: this one
	Label                        string
	Answer                       []byte
}

// A RowRecord is a row of the last input.
type RowRecord struct {
	Position, Request, Line int64 // Request is 0 if the row is skipped
	ID, Skip                string
	Fields, Originals       []byte
}

// An UncertainRecord is an attempt without an answer that may have been charged.
type UncertainRecord struct {
	Request, Run, Started, Finished, Cost int64
	Reason, RequestID, Partial            string
}

// A ReviewRecord is what people wrote beside a row.
type ReviewRecord struct {
	Subject, Taken int64
	Row, Origin    string
	Fields, Value  []byte
}
