package job

import (
	"cmp"
	"errors"
	"fmt"
	"iter"
	"runtime"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"bizbatch/batch"
	"bizbatch/batch/diff"
	"bizbatch/batch/report"
	"bizbatch/batch/schema"
	"bizbatch/checkpoint"
	"bizbatch/internal/exit"
)

// A Choice says which answers are compared. The zero value compares what was the
// answer before the last run with what is now.
type Choice struct {
	Since time.Time // what was the answer then, or was the first since, with what is now
	Run   int64     // what was the answer before that run with what was after it
	All   bool      // each answer with the next
	ID    string    // of these questions only; without another choice, their last two answers
}

// Differences compares the answers in a checkpoint.
func Differences(store batch.Checkpoint, c Choice) (*report.Comparisons, error) {
	endpoint, err := store.Endpoint()
	if err != nil {
		return nil, err
	}
	all := &report.Comparisons{Name: store.Name(), Sandbox: endpoint == "sandbox", Counts: map[diff.Class]int{}}
	if all.Of, err = c.resolve(store); err != nil {
		return nil, err
	}
	stories := batch.Stories(store)
	if c.ID != "" {
		stories = batch.StoriesByID(store, c.ID)
	}
	list, err := compareAll(store, stories, c.pairs, func(*report.Comparison) {})
	if err != nil {
		return nil, err
	}
	for _, found := range list {
		if all.Counts[found.Class]++; found.Class != diff.Same {
			all.List = append(all.List, *found)
		}
	}
	slices.SortStableFunc(all.List, func(a, b report.Comparison) int { return cmp.Compare(a.Class, b.Class) }) // changed, reworded
	return all, nil
}

// compareAll compares the answers that pairs chooses of each question, in order. done
// may take out of a comparison what is not needed.
func compareAll(store batch.Checkpoint, stories iter.Seq2[batch.Story, error], pairs func([]batch.Version) [][2]batch.Version, done func(*report.Comparison)) (list []*report.Comparison, err error) {
	s, err := schema.Read(store)
	if err != nil {
		return nil, err
	}
	var work errgroup.Group
	work.SetLimit(runtime.GOMAXPROCS(0))
	for story, err := range stories {
		if err != nil {
			return nil, errors.Join(err, work.Wait())
		}
		for _, pair := range pairs(story.Versions) {
			found := &report.Comparison{Record: story.Record, Old: pair[0], New: pair[1], Versions: len(story.Versions)}
			list = append(list, found)
			work.Go(func() error {
				compare(found, s)
				done(found)
				return nil
			})
		}
	}
	return list, work.Wait()
}

// compare compares two answers, and keeps of them what is written.
func compare(c *report.Comparison, s *schema.Schema) {
	was, is := comparedOf(c.Old.Answer, s), comparedOf(c.New.Answer, s)
	c.Difference = diff.Compare(was, is)
	if c.Class != diff.Same {
		c.Was, c.Is = was, is
	}
	c.Old.Answer, c.New.Answer, c.Record.Answer = nil, nil, nil
}

// comparedOf returns what is compared of an answer: of one that fits the schema, its
// members.
func comparedOf(a *batch.Answer, s *schema.Schema) diff.Answer {
	of := diff.Of(a)
	if s == nil {
		return of
	}
	if data, err := s.Fit(a); err == nil { // else its text is compared
		of.Fields = []diff.Field{}
		for i, name := range s.Names() {
			of.Fields = append(of.Fields, diff.Field{Name: name, Value: report.TextOf(data.Values[i])})
		}
	}
	return of
}

// resolve finds out which run is meant, and returns what is compared in words.
func (c *Choice) resolve(store batch.Checkpoint) (string, error) {
	runs, err := store.Runs()
	switch {
	case err != nil:
		return "", err
	case c.All:
		return "each answer with the next", nil
	case !c.Since.IsZero():
		return "since " + c.Since.Local().Format("2 Jan 2006 15:04"), nil
	case c.Run == 0 && c.ID != "":
		return "the last two answers", nil
	case len(runs) == 0:
		return "", exit.Usage(fmt.Errorf("%s has no run yet", store.Path()), "bizbatch run FILE asks its questions")
	}
	last := runs[len(runs)-1].Run
	c.Run = cmp.Or(c.Run, last)
	i := slices.IndexFunc(runs, func(r checkpoint.RunRecord) bool { return r.Run == c.Run })
	if i < 0 {
		return "", exit.Usage(fmt.Errorf("%s has no run %d", store.Path(), c.Run), fmt.Sprintf("its runs are 1 to %d", last))
	}
	return fmt.Sprintf("by run %d of %s", c.Run, runs[i].Started.Local().Format("2 Jan 2006 15:04")), nil
}

// lastTwo returns the last two of the answers that a question has had.
func lastTwo(versions []batch.Version) [][2]batch.Version { return (&Choice{}).pairs(versions) }

// pairs returns the answers to compare, among those that a question has had. Damaged
// ones are none.
func (c *Choice) pairs(versions []batch.Version) (pairs [][2]batch.Version) {
	versions = slices.DeleteFunc(slices.Clone(versions), func(v batch.Version) bool { return v.Answer == nil })
	last := len(versions) - 1
	old, new := last-1, last
	switch {
	case c.All:
		for i := 1; i <= last; i++ {
			pairs = append(pairs, [2]batch.Version{versions[i-1], versions[i]})
		}
		return pairs
	case !c.Since.IsZero():
		for old = last; old > 0 && !versions[old].Finished.Before(c.Since); {
			old--
		}
	case c.Run != 0:
		for new >= 0 && versions[new].Run != c.Run {
			new--
		}
		for old = new; old >= 0 && versions[old].Run == c.Run; {
			old--
		}
	}
	if old < 0 || new <= old {
		return nil
	}
	return [][2]batch.Version{{versions[old], versions[new]}}
}

// A Story is a question's, with what each answer changed.
type Story struct {
	batch.Story
	// Differences are those of each answer from the one before; nil for the first, and
	// where one is damaged.
	Differences []*diff.Difference
}

// History returns the stories of the questions with an id.
func History(store batch.Checkpoint, id string) (list []Story, err error) {
	s, err := schema.Read(store)
	if err != nil {
		return nil, err
	}
	for story, err := range batch.StoriesByID(store, id) {
		if err != nil {
			return nil, err
		}
		of := Story{story, make([]*diff.Difference, len(story.Versions))}
		for i := 1; i < len(story.Versions); i++ {
			if old, new := story.Versions[i-1].Answer, story.Versions[i].Answer; old != nil && new != nil {
				d := diff.Compare(comparedOf(old, s), comparedOf(new, s))
				of.Differences[i] = &d
			}
		}
		list = append(list, of)
	}
	return list, nil
}
