package job

import (
	"crypto/sha256"
	"fmt"

	"bizbatch/batch"
	"bizbatch/batch/report"
	"bizbatch/internal/exit"
	"bizbatch/internal/prose"
	"bizbatch/internal/terminal"
)

// WriteComparisons writes comparisons to files, once all of them may be written.
func WriteComparisons(store batch.Checkpoint, in batch.Input, c *report.Comparisons, outs []string, o report.Options, force bool, p *terminal.Printer) error {
	if err := checkSet(outs, o); err != nil {
		return err
	}
	for _, out := range outs {
		if report.IsPattern(out) {
			return exit.Usage(fmt.Errorf("--out %s: differences are written to one file, not to one for each value of a column", out), "choose another --out")
		}
		if err := report.CanCompare(out); err != nil {
			return exit.Usage(err, "choose another --out")
		}
		if err := checkOutput(out, "", store, force); err != nil {
			return err
		}
	}
	for _, out := range outs {
		w, err := writeComparisons(store, in, c, out, o, force)
		if err := w.ended(err, p); err != nil {
			return err
		}
		p.Say("wrote %s: %s", out, prose.Count(w.rows, "question"))
		w.tellUnnoted(p, out)
	}
	return nil
}

func writeComparisons(store batch.Checkpoint, in batch.Input, c *report.Comparisons, out string, o report.Options, force bool) (w writtenFile, err error) {
	content := sha256.New()
	o.Copy = content
	f, err := report.CreateComparisons(out, in, c, o)
	if err != nil {
		return w, err
	}
	defer f.Abort()
	w.content, w.rows = sum(content), f.Rows()
	before := contentDigest(out)
	if err := w.replace(store, out, before, before != "" && !wroteThat(store, out, before), force); err != nil {
		return w, err
	}
	return w, f.Commit()
}
