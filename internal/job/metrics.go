package job

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"bizbatch/batch"
	"bizbatch/checkpoint"
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

// metrics are the figures of a run. All bear the name of their file, for two
// files in a folder must not hold the same series.
type metrics struct {
	name string
	list []prometheus.Metric
}

// Describe tells nothing: which figures there are depends on how far the run
// came.
func (m *metrics) Describe(chan<- *prometheus.Desc) {}

// Collect implements [prometheus.Collector].
func (m *metrics) Collect(to chan<- prometheus.Metric) {
	for _, metric := range m.list {
		to <- metric
	}
}

func (m *metrics) add(metric, help string, value float64) { m.labelled(metric, help, "", "", value) }

// labelled adds a figure with a label beside the name.
func (m *metrics) labelled(metric, help, label, of string, value float64) {
	labels := prometheus.Labels{"name": m.name}
	if label != "" {
		labels[label] = of
	}
	desc := prometheus.NewDesc("bizbatch_"+metric, help, nil, labels)
	m.list = append(m.list, prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, value))
}

// measure writes the file of --metrics-file, also for a run that did not get
// to ask anything. It returns the verdict, or an error where there was none and
// the file cannot be written.
func (j *job) measure(verdict error, begun time.Time) error {
	path := j.MetricsFile
	if path == "" || j.DryRun {
		return verdict
	}
	m := &metrics{name: strings.TrimSuffix(filepath.Base(path), metricsSuffix)}
	code := exit.OK
	if verdict != nil {
		code = exit.As(verdict).Code
	}
	m.ofRun(j.sum, j.ended(), code, begun)
	if h, err := historyAt(j.Checkpoint); err == nil { // else nothing is known of them
		m.ofCheckpoint(h)
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(m)
	if err := prometheus.WriteToTextfile(path, registry); err != nil {
		return exit.Besides(verdict, fmt.Errorf("--metrics-file: %w", err))
	}
	return verdict
}

func (m *metrics) ofRun(s batch.Summary, ended string, code exit.Code, begun time.Time) {
	m.add("run_start_timestamp_seconds", "When the last run began.", seconds(begun))
	m.add("run_end_timestamp_seconds", "When the last run ended.", seconds(time.Now()))
	m.add("run_exit_code", "Exit code of the last run.", float64(code))
	for _, outcome := range outcomes {
		is := 0.0
		if outcome == ended {
			is = 1
		}
		m.labelled("run_outcome", "How the last run ended: 1 for its outcome, 0 for the others.", "outcome", outcome, is)
	}
	m.add("run_answered", "Questions that the last run brought an answer for.", float64(s.Answered))
	m.add("run_failed", "Questions that the last run gave up.", float64(s.Failed))
	m.add("run_attempts", "Requests that the last run sent.", float64(s.Attempts))
	m.add("run_throttled", "Requests of the last run that were answered 429.", float64(s.Throttled))
	m.add("run_paused_seconds", "How long the last run sent nothing because of 429s.", s.PausedSeconds)
	m.add("run_spent_dollars", "Money that the last run spent on answers.", s.Spent.Dollars())
	m.add("run_uncertain_dollars", "Money that the last run may have spent without an answer.", s.UncertainCost.Dollars())
}

// historyAt reads the history of a checkpoint.
func historyAt(path string) (*batch.History, error) {
	store, err := checkpoint.View(path)
	if err != nil {
		return nil, err
	}
	defer store.Close()
	return batch.ReadHistory(store)
}

func (m *metrics) ofCheckpoint(h *batch.History) {
	states := map[string]int{"answered": h.Answered, "failed": h.Failed, "pending": h.Pending, "skipped": h.Skipped}
	for _, state := range slices.Sorted(maps.Keys(states)) {
		m.labelled("questions", "Different questions of the input, by state; skipped are rows without one.", "state", state, float64(states[state]))
	}
	m.add("spent_dollars", "Money spent on all answers in the checkpoint, by all runs.", h.SpentTotal.Dollars())
	m.add("left_dollars", "About what the pending questions cost.", h.LeftCost.Dollars())
}

func seconds(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }
