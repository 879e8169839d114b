package job

import (
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"bizbatch/batch"
	"bizbatch/internal/exit"
)

// metricsSuffix is that of the files that node_exporter reads.
const metricsSuffix = ".prom"

// outcomes are the ways in which a run ends: one of them is 1, the others 0,
// so that an alert on one of them ends with it.
var outcomes = []string{
	"finished", "not started", "error",
	string(batch.StopInterrupted), string(batch.StopBalance), string(batch.StopSpend), string(batch.StopKey), string(batch.StopThrottled),
	string(batch.StopDown), string(batch.StopUnfinished), string(batch.StopEndpoint), string(batch.StopSettings), string(batch.StopClock), string(batch.StopSave),
}

// metrics register the figures of a run. All bear the name of their file, for two
// files in a folder must not hold the same series.
type metrics struct{ prometheus.Registerer }

func (m metrics) add(name, help string, value float64) {
	m.labelled(name, help, nil, map[string]float64{"": value})
}

// labelled adds a figure for each value of a label beside the name.
func (m metrics) labelled(name, help string, label []string, values map[string]float64) {
	figures := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "bizbatch_" + name, Help: help}, label)
	for of, value := range values {
		figures.WithLabelValues([]string{of}[:len(label)]...).Set(value)
	}
	m.MustRegister(figures)
}

// measure writes the file of --metrics-file, also for a run that did not get
// to ask anything. It returns the verdict, or an error where there was none and
// the file cannot be written.
func (j *job) measure(verdict error, begun time.Time) error {
	path := j.MetricsFile
	if path == "" || j.DryRun {
		return verdict
	}
	registry := prometheus.NewRegistry()
	name := strings.TrimSuffix(filepath.Base(path), metricsSuffix)
	m := metrics{prometheus.WrapRegistererWith(prometheus.Labels{"name": name}, registry)}
	code := exit.OK
	if verdict != nil {
		code = exit.As(verdict).Code
	}
	m.ofRun(j.sum, j.ended(), code, begun)
	m.add("run_changed", "Questions whose refreshed answer has other facts than the one before.", float64(j.changed))
	if h, err := historyAt(j.Checkpoint); err == nil { // else nothing is known of them
		m.ofCheckpoint(h)
	}
	if err := prometheus.WriteToTextfile(path, registry); err != nil {
		return exit.Besides(verdict, fmt.Errorf("--metrics-file: %w", err))
	}
	return verdict
}

func (m metrics) ofRun(s batch.Summary, ended string, code exit.Code, begun time.Time) {
	m.add("run_start_timestamp_seconds", "When the last run began.", unix(begun))
	m.add("run_end_timestamp_seconds", "When the last run ended.", unix(time.Now()))
	m.add("run_exit_code", "Exit code of the last run.", float64(code))
	is := map[string]float64{}
	for _, outcome := range outcomes {
		is[outcome] = 0
	}
	is[ended] = 1
	m.labelled("run_outcome", "How the last run ended: 1 for its outcome, 0 for the others.", []string{"outcome"}, is)
	m.add("run_answered", "Questions that the last run brought an answer for.", float64(s.Answered))
	m.add("run_refreshed", "Questions that the last run brought another answer for.", float64(s.Refreshed))
	m.add("run_failed", "Questions that the last run gave up.", float64(s.Failed))
	m.add("run_attempts", "Requests that the last run sent.", float64(s.Attempts))
	m.add("run_throttled", "Requests of the last run that were answered 429.", float64(s.Throttled))
	m.add("run_paused_seconds", "How long the last run sent nothing because of 429s.", s.PausedSeconds)
	m.add("run_spent_dollars", "Money that the last run spent on answers.", s.Spent.Dollars())
	m.add("run_uncertain_dollars", "Money that the last run may have spent without an answer.", s.UncertainCost.Dollars())
}

// historyAt reads the history of a checkpoint.
func historyAt(path string) (*batch.History, error) {
	store, err := ViewAt(path)
	if err != nil {
		return nil, err
	}
	defer store.Close()
	return batch.ReadHistory(store)
}

func (m metrics) ofCheckpoint(h *batch.History) {
	m.labelled("questions", "Different questions of the input, by state; skipped are rows without one.", []string{"state"}, map[string]float64{
		"answered": float64(h.Answered), "failed": float64(h.Failed), "pending": float64(h.Pending), "skipped": float64(h.Skipped),
	})
	m.add("spent_dollars", "Money spent on all answers in the checkpoint, by all runs.", h.SpentTotal.Dollars())
	m.add("left_dollars", "About what the pending questions cost.", h.LeftCost.Dollars())
}

// unix returns a time as Prometheus has it.
func unix(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }
