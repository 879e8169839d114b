package job

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"bizbatch/batch"
	"bizbatch/batch/question"
	"bizbatch/batch/report"
	"bizbatch/checkpoint"
	"bizbatch/internal/exit"
	"bizbatch/internal/terminal"
)

// Reviewed is what was read of the reviews in a file.
type Reviewed struct {
	Rows      int      // with something new beside them
	Conflicts []string // what others wrote too, a line for each; both are kept
	Strangers []string // rows that are none of the questions, by what they begin with
	Left      int      // cells that are empty in the file, and are not in the checkpoint
}

// A reviewFile is a file of answers that people wrote in, as a table.
type reviewFile struct {
	name   string
	header []string
	rows   [][]string
	fields []int          // where the input's columns are
	ours   map[string]int // where our columns are
	own    []int          // the columns that people added, to the right of ours
	seen   int64          // the last review that was in the file when it was written; -1: not known
}

var errNoReviews = errors.New("it has no columns of reviews")

// readReviews reads a file of answers to the questions of an input.
func readReviews(path string, in batch.Input) (f *reviewFile, err error) {
	ours := report.Columns(in)
	f = &reviewFile{name: path, ours: map[string]int{}, seen: -1}
	f.header, f.rows, err = question.ReadTable(path, ours["verdict"])
	if errors.Is(err, question.ErrNoColumn) {
		err = errNoReviews
	}
	if err != nil {
		return nil, err
	}
	taken := make([]bool, len(f.header))
	find := func(name string) int {
		for i, h := range f.header {
			if !taken[i] && strings.TrimSpace(h) == strings.TrimSpace(name) {
				taken[i] = true
				return i
			}
		}
		return -1
	}
	for _, name := range in.Columns {
		f.fields = append(f.fields, find(name))
	}
	last := 0
	for name, written := range ours {
		f.ours[name] = find(written)
		last = max(last, f.ours[name])
	}
	for i := last + 1; i < len(f.header); i++ {
		if !taken[i] && strings.TrimSpace(f.header[i]) != "" {
			f.own = append(f.own, i)
		}
	}
	return f, nil
}

// cell is a cell of a row, empty where the file lacks the column.
func cell(row []string, at int) string {
	if at < 0 || at >= len(row) {
		return ""
	}
	return plainCell(row[at])
}

// plainCell is a cell's text without what programs change in it: white space at its
// ends, line ends, and the apostrophes of --csv-safe.
func plainCell(text string) string {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	return strings.TrimSpace(defusing.ReplaceAllString(text, "$1$2"))
}

var defusing = regexp.MustCompile(`(^|[,;\t\r\n])'([\s"]*[=+\-@＝＋－＠])`)

// A reviewedRow is a row of the checkpoint, as far as a review is about it.
type reviewedRow struct {
	position  int64
	id        string
	requestID string
	finished  time.Time
	used      bool
}

// takeReviews keeps what people wrote into a file of answers.
func takeReviews(store *checkpoint.Store, in batch.Input, f *reviewFile, now time.Time) (r Reviewed, err error) {
	rows, err := f.match(store, in, &r)
	if err != nil || len(rows) == 0 {
		return r, err
	}
	columns := make([]string, len(f.own))
	for i, at := range f.own {
		columns[i] = strings.TrimSpace(f.header[at])
	}
	changed := map[int64]batch.Review{}
	position := int64(0)
	for rec, err := range batch.Records(store) {
		if err != nil {
			return r, err
		}
		position++
		for _, row := range rows[position] {
			if err := f.take(store, position, &rec, row, columns, changed, &r); err != nil {
				return r, err
			}
		}
	}
	if r.Rows = len(changed); r.Rows == 0 {
		return r, nil
	}
	return r, batch.AddReviews(store, changed, columns, f.name, now)
}

// match finds which rows of the file are about which of the checkpoint: those
// with the same fields, else with the same request, else with the same id.
func (f *reviewFile) match(store *checkpoint.Store, in batch.Input, r *Reviewed) (map[int64][][]string, error) {
	var known []*reviewedRow
	byFields, byRequest, byID := map[string][]*reviewedRow{}, map[string][]*reviewedRow{}, map[string][]*reviewedRow{}
	for rec, err := range batch.Records(store) {
		if err != nil {
			return nil, err
		}
		fields, _, err := report.Cells(in, report.Options{}, &rec)
		if err != nil {
			return nil, err
		}
		row := &reviewedRow{position: int64(len(known) + 1), id: rec.ID}
		if rec.Answer != nil {
			row.requestID, row.finished = rec.Answer.RequestID, rec.Finished
		}
		known = append(known, row)
		key := joined(fields)
		byFields[key] = append(byFields[key], row)
		if row.requestID != "" {
			byRequest[row.requestID] = append(byRequest[row.requestID], row)
		}
		byID[rec.ID] = append(byID[rec.ID], row)
	}
	idAt := slices.IndexFunc(f.header, func(name string) bool {
		return slices.Contains([]string{"id", "question_id", "custom_id"}, strings.ToLower(strings.TrimSpace(name)))
	})
	found := map[int64][][]string{}
	for _, row := range f.rows {
		fields := make([]string, len(f.fields))
		for i, at := range f.fields {
			fields[i] = cell(row, at)
		}
		at := choose(byFields[joined(fields)], cell(row, f.ours["request_id"]))
		if at == nil {
			at = only(byRequest[cell(row, f.ours["request_id"])])
		}
		if at == nil && idAt >= 0 {
			at = only(byID[cell(row, idAt)])
		}
		if at == nil {
			if f.wrote(row) {
				r.Strangers = append(r.Strangers, strings.Join(fields[:min(2, len(fields))], ", "))
			}
			continue
		}
		at.used = true
		found[at.position] = append(found[at.position], row)
	}
	return found, nil
}

// wrote reports whether there is something in the columns that people write in.
func (f *reviewFile) wrote(row []string) bool {
	for _, at := range f.written() {
		if cell(row, at) != "" {
			return true
		}
	}
	return false
}

// written are the columns that people write in.
func (f *reviewFile) written() []int {
	return append([]int{f.ours["reviewed by"], f.ours["verdict"], f.ours["review note"]}, f.own...)
}

// choose takes the row with that request, else the first that is not taken.
func choose(rows []*reviewedRow, requestID string) *reviewedRow {
	for _, row := range rows {
		if !row.used && row.requestID == requestID {
			return row
		}
	}
	for _, row := range rows {
		if !row.used {
			return row
		}
	}
	return nil
}

func only(rows []*reviewedRow) *reviewedRow {
	if len(rows) != 1 {
		return nil
	}
	return rows[0]
}

func joined(fields []string) string {
	var b strings.Builder
	for _, field := range fields {
		field = plainCell(strings.ReplaceAll(strings.ToValidUTF8(field, "\ufffd"), "\x00", "\ufffd"))
		b.WriteString(strconv.Quote(field[:min(len(field), 2_000)]))
	}
	return b.String()
}

// take notes what is new beside a row.
func (f *reviewFile) take(store *checkpoint.Store, position int64, rec *batch.Record, row []string, columns []string, changed map[int64]batch.Review, r *Reviewed) error {
	if earlier, again := changed[position]; again {
		rec.Review = &earlier
	}
	shown, reopened := rec.Shown()
	typed := map[string]string{"reviewed by": cell(row, f.ours["reviewed by"]), "verdict": cell(row, f.ours["verdict"]), "review note": cell(row, f.ours["review note"])}
	has := map[string]string{"reviewed by": shown.By, "verdict": shown.Verdict, "review note": shown.Note}
	for i, name := range columns {
		typed[name], has[name] = cell(row, f.own[i]), shown.Columns[name]
	}
	if same(typed, has) {
		return nil
	}
	past, last, err := pastReviews(store, position)
	if err != nil {
		return err
	}
	seen := f.seen >= last && f.seen >= 0
	now, conflict := map[string]string{}, []string{}
	new := false
	for name, text := range typed {
		old := plainCell(has[name])
		switch {
		case text == old:
			now[name] = has[name]
		case text == "":
			now[name] = has[name]
			r.Left++
		case !seen && slices.Contains(past[name], text):
			now[name] = has[name] // it was there before what is there now
		default:
			now[name], new = text, true
			if other := !seen || slices.Contains(past[name], text); other && old != "" && (name != "review note" || !reopened) {
				conflict = append(conflict, name+": "+old)
			}
		}
	}
	if !new {
		return nil
	}
	v := batch.Review{By: now["reviewed by"], Verdict: now["verdict"], Note: now["review note"], Columns: map[string]string{}, Answered: f.about(rec, row)}
	if reopened && v.Note == shown.Note {
		if v.Note = ""; v.By+v.Verdict == "" { // only other columns were written in
			v.By, v.Verdict, v.Note, v.Answered = rec.Review.By, rec.Review.Verdict, rec.Review.Note, rec.Review.Answered
		}
	}
	if rec.Review != nil {
		for name, text := range rec.Review.Columns {
			v.Columns[name] = text
		}
	}
	for _, name := range columns {
		v.Columns[name] = now[name]
	}
	if len(conflict) > 0 {
		slices.Sort(conflict)
		also := "[also " + strings.Join(conflict, "; ") + "]"
		v.Note = strings.TrimSpace(v.Note + " " + also)
		r.Conflicts = append(r.Conflicts, fmt.Sprintf("question %s was reviewed by others too: both are kept, %s", rec.ID, also))
	}
	changed[position] = v
	return nil
}

// pastReviews are the texts that each column had beside a row, and the number of
// the last review.
func pastReviews(store *checkpoint.Store, position int64) (past map[string][]string, last int64, err error) {
	reviews, last, err := batch.Reviews(store, position)
	past = map[string][]string{}
	add := func(name, text string) { past[name] = append(past[name], plainCell(text)) }
	for _, v := range reviews {
		add("reviewed by", v.By)
		add("verdict", v.Verdict)
		add("review note", v.Note)
		for name, text := range v.Columns {
			add(name, text)
		}
	}
	return past, last, err
}

// same reports cells that say the same.
func same(typed, has map[string]string) bool {
	for name, text := range typed {
		if text != plainCell(has[name]) {
			return false
		}
	}
	return true
}

// about is when the answer arrived that a row of the file has: the row's own, unless
// it says another.
func (f *reviewFile) about(rec *batch.Record, row []string) time.Time {
	said := cell(row, f.ours["answered"])
	for _, layout := range []string{"2006-01-02T15:04:05-07:00", "2006-01-02 15:04:05 -07:00"} {
		if t, err := time.Parse(layout, said); err == nil && rec.Answer != nil {
			return t
		}
	}
	if rec.Answer == nil {
		return time.Time{}
	}
	return rec.Finished.Truncate(time.Second)
}

// tell says what was read, a line for each thing that people should know.
func (r *Reviewed) tell(notice func(event, text string, args ...any), file string) {
	for _, line := range r.Conflicts {
		notice("conflict", line, "file", file)
	}
	if n := len(r.Strangers); n > 0 {
		notice("strangers", fmt.Sprintf("%s has reviews beside %d %s that are none of the questions, such as %q: they are in that file only", file, n, plural(n, "row"), r.Strangers[0]), "file", file)
	}
	if r.Left > 0 {
		notice("left", fmt.Sprintf("%d %s of reviews are empty in %s and stay as they were: a review can be changed, but not be taken back from a copy", r.Left, plural(r.Left, "cell"), file), "file", file)
	}
}

func plural(n int, thing string) string {
	if n != 1 {
		thing += "s"
	}
	return thing
}

// seenNote is the name of the checkpoint's note of the last review that is in an
// output.
func seenNote(store *checkpoint.Store, out string) string {
	return "reviews in " + fromFolder(store, out)
}

// withReviews are the options with what the checkpoint has of reviews.
func withReviews(store *checkpoint.Store, o report.Options) (report.Options, error) {
	columns, any, err := batch.ReviewColumns(store)
	o.Review, o.ReviewColumns = o.Review || any, columns
	return o, err
}

// openReviews reads a file, and which reviews were in it when it was written.
func openReviews(store *checkpoint.Store, in batch.Input, path string) (*reviewFile, error) {
	f, err := readReviews(path, in)
	if err != nil {
		return nil, err
	}
	note, err := store.Note(seenNote(store, path))
	if err == nil && note != nil {
		f.seen, err = strconv.ParseInt(string(note), 10, 64)
	}
	return f, err
}

// takeEdited keeps the reviews of an output that somebody edited, and reports
// whether that is all that is new in it.
func takeEdited(store *checkpoint.Store, in batch.Input, out string, o report.Options, notice func(event, text string, args ...any)) (all bool) {
	f, err := openReviews(store, in, out)
	if err == nil {
		all, err = f.asWritten(store, in, out, o)
	}
	var r Reviewed
	if err == nil {
		r, err = takeReviews(store, in, f, time.Now())
	}
	switch {
	case errors.Is(err, errNoReviews):
	case err != nil:
		notice("unread", fmt.Sprintf("the reviews in %s could not be taken in: %v", out, err), "output", out)
	default:
		if r.Rows > 0 {
			notice("reviewed", fmt.Sprintf("%s was reviewed: %d %s", out, r.Rows, plural(r.Rows, "row")), "output", out)
		}
		r.tell(notice, out)
	}
	return all && err == nil && len(r.Strangers) == 0 && r.Left == 0
}

// Review keeps the reviews of a file that is none of the outputs, such as one that
// came by mail.
func Review(store *checkpoint.Store, in batch.Input, path string, p *terminal.Printer) error {
	f, err := openReviews(store, in, path)
	if errors.Is(err, errNoReviews) {
		return exit.Usage(fmt.Errorf("%s has no column %q", path, report.Columns(in)["verdict"]), "run and export write it with --review")
	}
	if err != nil {
		return exit.Usage(err, "name a .csv, .tsv or .xlsx file of answers")
	}
	r, err := takeReviews(store, in, f, time.Now())
	if err != nil {
		return err
	}
	r.tell(p.Notice, path)
	p.Say("%d %s of %s reviewed; run and export write that into their files", r.Rows, plural(r.Rows, "row"), path)
	return nil
}

// takeReviews keeps what people wrote into the outputs before the rows change.
func (j *job) takeReviews() error {
	in, err := batch.ReadInput(j.store)
	if err != nil || in.Format == "" {
		return err
	}
	for _, out := range j.outputs {
		content := contentDigest(out)
		if content == "" || wroteThat(j.store, out, content) {
			continue
		}
		o, err := withReviews(j.store, j.Report)
		if err != nil {
			return err
		}
		known, _, err := j.store.Output(out)
		if err == nil && takeEdited(j.store, in, out, o, j.Printer.Notice) {
			err = j.store.SetOutput(out, strings.TrimSpace(known+" "+content)) // it holds nothing else
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// asWritten reports whether a file is as it would be written now, but for the
// columns that people write in. Of a workbook that cannot be told: people colour
// cells, and write into other sheets.
func (f *reviewFile) asWritten(store *checkpoint.Store, in batch.Input, out string, o report.Options) (bool, error) {
	ext := strings.ToLower(filepath.Ext(out))
	if ext == ".xlsx" || ext == ".xlsm" {
		return false, nil
	}
	folder, err := os.MkdirTemp("", "bizbatch-*")
	if err != nil {
		return false, err
	}
	defer os.RemoveAll(folder)
	w, err := composeOutput(store, in, filepath.Join(folder, "a"+ext), o)
	if err == nil {
		err = w.Commit()
	}
	if err != nil {
		return false, err
	}
	now, err := readReviews(filepath.Join(folder, "a"+ext), in)
	if err != nil || len(now.rows) != len(f.rows) {
		return false, nil // it was written without these columns, or rows were added
	}
	skip := f.written()
	for i, row := range f.rows {
		for at := range f.header {
			if slices.Contains(skip, at) {
				continue
			}
			if cell(row, at) != cell(now.rows[i], slices.Index(now.header, f.header[at])) {
				return false, nil
			}
		}
	}
	return len(now.header)-len(now.own) <= len(f.header)-len(f.own), nil
}
