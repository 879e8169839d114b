package job

import (
	"encoding/json"
	"fmt"
	"path/filepath"

	"bizbatch/batch"
	"bizbatch/batch/report"
	"bizbatch/checkpoint/postgres"
)

// sourceNote is the name of the checkpoint's note of the question file.
const sourceNote = "source"

// A source is the question file as the checkpoint remembers it.
type source struct {
	report.Source
	Content string // its digest, of an Excel file
}

// noteSource has the checkpoint remember the file that was read, for the outputs
// that return it or look like it, by its content when it was read.
func (j *job) noteSource(content string) error {
	u := j.reader.Understood()
	s := source{Source: report.Source{Sheet: u.Sheet, HeaderRow: u.HeaderLine, Question: u.Question, ID: u.ID}}
	if j.input.Format == batch.XLSX {
		s.Content, s.Path = content, fromFolder(j.store, j.File)
	}
	note, err := json.Marshal(s)
	if err != nil {
		return err
	}
	return j.store.SetNote(sourceNote, note)
}

// fromFolder returns a path as seen from the checkpoint's folder, so that both can
// be moved together. A database has none: then it is the whole path.
func fromFolder(store batch.Checkpoint, path string) string {
	abs, err := filepath.Abs(path)
	if err != nil {
		return path
	}
	if postgres.Is(store.Path()) {
		return abs
	}
	folder, err := filepath.Abs(filepath.Dir(store.Path()))
	if err != nil {
		return abs
	}
	if rel, err := filepath.Rel(folder, abs); err == nil {
		return rel
	}
	return abs
}

// readSource reads what noteSource noted.
func readSource(store batch.Checkpoint) (report.Source, error) {
	note, err := store.Note(sourceNote)
	if err != nil || note == nil {
		return report.Source{}, err
	}
	var s source
	if err := json.Unmarshal(note, &s); err != nil {
		return s.Source, fmt.Errorf("read the note of the question file in %s: %w", store.Path(), err)
	}
	if s.Path == "" {
		return s.Source, nil
	}
	if !filepath.IsAbs(s.Path) {
		s.Path = filepath.Join(filepath.Dir(store.Path()), s.Path)
	}
	switch contentDigest(s.Path) {
	case s.Content:
	case "":
		s.Unfit = "it is not there any more"
	default:
		s.Unfit = "it was changed since it was read, which the next run does again"
	}
	return s.Source, nil
}

// tellAnew says that a workbook of questions was not returned, unless it was.
func (w *writtenFile) tellAnew(notice func(event, text string, args ...any), out string) {
	if w.anew != "" {
		notice("anew", fmt.Sprintf("%s is made anew, and is not the workbook of questions with the answers in it: %s", out, w.anew), "output", out)
	}
}
