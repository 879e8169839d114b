package report

import (
	"cmp"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/gocarina/gocsv"

	"bizbatch/batch"
	"bizbatch/batch/check"
)

// ours are our columns in CSV, TSV and XLSX: gocsv takes their names and their
// order from here, and makes their cells. width is that of a sheet's column, in
// characters.
type ours struct {
	Answer    string   `csv:"answer" width:"90"`
	Citations string   `csv:"citations" width:"56"`
	Status    string   `csv:"status" width:"11"`
	Error     string   `csv:"error" width:"36"`
	Checks    string   `csv:"checks" width:"36"`
	Attempts  *int     `csv:"attempts" width:"10"`
	Seconds   *tenths  `csv:"seconds" width:"9"`
	RequestID string   `csv:"request_id" width:"26"`
	Cost      *dollars `csv:"cost" width:"9"`
	Answered  moment   `csv:"answered" width:"27"`
}

// oursOf returns the columns of a record. What it does not have is empty.
func oursOf(rec *batch.Record) ours {
	c := ours{Status: string(rec.Status), Error: rec.Error, Checks: check.Record(*rec).String(), RequestID: rec.RequestID}
	if rec.Answer != nil {
		text, sources, _ := rec.Answer.Numbered()
		sources, note := listed(rec.Answer, sources)
		c.Answer, c.Citations = text, cmp.Or(note, citationLines(sources))
		c.RequestID = rec.Answer.RequestID
		c.Cost, c.Answered = (*dollars)(&rec.Cost), moment(rec.Finished)
	}
	if rec.Answer != nil || rec.Status == batch.Failed {
		c.Seconds = (*tenths)(&rec.Seconds)
	}
	if rec.Status != batch.Skipped {
		c.Attempts = &rec.Attempts
	}
	return c
}

// tenths are seconds, to a tenth.
type tenths float64

func (t tenths) MarshalCSV() (string, error) { return strconv.FormatFloat(float64(t), 'f', 1, 64), nil }

// dollars are money as a number, to the cent or, where it has parts of one, in full.
type dollars batch.Money

func (d dollars) MarshalCSV() (string, error) {
	s := strconv.FormatFloat(batch.Money(d).Dollars(), 'f', -1, 64)
	if short := strconv.FormatFloat(batch.Money(d).Dollars(), 'f', 2, 64); strings.HasPrefix(short, s) {
		return short, nil
	}
	return s, nil
}

// A moment is a time where we are, with its offset.
type moment time.Time

func (m moment) MarshalCSV() (string, error) {
	if time.Time(m).IsZero() {
		return "", nil
	}
	return time.Time(m).Local().Format("2006-01-02T15:04:05-07:00"), nil
}

// A columnWriter has gocsv make the cells of our columns, a row at a time.
type columnWriter struct {
	rec   batch.Record // that is written, here so that its row allocates little
	rows  [1]ours
	cells []string
}

// cellsOf returns a record's cells.
func (w *columnWriter) cellsOf(rec batch.Record) ([]string, error) {
	w.rec = rec
	w.rows[0] = oursOf(&w.rec)
	err := gocsv.MarshalCSVWithoutHeaders(w.rows[:], w)
	return w.cells, err
}

// Write takes the row from gocsv, as a [gocsv.CSVWriter].
func (w *columnWriter) Write(cells []string) error {
	w.cells = cells
	return nil
}

func (*columnWriter) Flush()       {}
func (*columnWriter) Error() error { return nil }

// common are the names of our columns. JSONL has most of them too, and more.
var common = func() []string {
	var w columnWriter
	_ = gocsv.MarshalCSV([]ours{}, &w) // a row in memory
	return w.cells
}()

// commonWidths are the columns' widths in a sheet.
var commonWidths = func() (widths []float64) {
	for _, field := range reflect.VisibleFields(reflect.TypeFor[ours]()) {
		width, _ := strconv.ParseFloat(field.Tag.Get("width"), 64)
		widths = append(widths, width)
	}
	return widths
}()
