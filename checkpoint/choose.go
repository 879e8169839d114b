package checkpoint

import (
	"cmp"
	"slices"
)

// What follows is for engines: an import of each plans alike what is asked, and what
// is asked for again.

// AddRequests adds requests of the input that are alike: their state and mode, whether
// another run may succeed where they failed, their number, and how many of them a rule
// by age chooses, which it adds to older, by mode. It reports whether failed ones are
// to be asked again.
func (p *Plan) AddRequests(opts ImportOptions, older map[string]int, scan func(...any) error) (again bool, err error) {
	var state State
	var mode string
	var passing bool
	var n, old int
	if err := scan(&state, &mode, &passing, &n, &old); err != nil {
		return false, err
	}
	switch {
	case state == Answered:
		p.Answered += n
		if old > 0 {
			older[mode] += old
		}
	case state == Failed && !passing && !opts.RetryFailed:
		p.Failed += n
	default:
		p.Pending[mode] += n
		again = state == Failed
	}
	return again, nil
}

// AddUnfit adds requests of a mode: how many of them have an answer that does not fit,
// and how often more they may be sent because of that.
func (p *Plan) AddUnfit(scan func(...any) error) error {
	var mode string
	var unfit, again int
	err := scan(&mode, &unfit, &again)
	p.Unfit += unfit
	p.Again[mode] = again
	return err
}

// A Chosen is an answer that is to be asked for again.
type Chosen struct {
	ID       int64 // of the request
	Finished int64 // when the answer arrived, in milliseconds since 1970
	Position int64 // of the request, unless IDs are in the order of positions
	Mode     string
}

// ByAge returns the only rule of Refresh, if it is one by age. What it chooses need
// not be listed before a run begins: to plan for a million answers takes no longer
// then than without it.
func (o ImportOptions) ByAge() *RefreshRule {
	if rules := o.Refresh; len(rules) == 1 && rules[0].Matches == nil && rules[0].IDs == nil {
		return &rules[0]
	}
	return nil
}

// ChooseRefresh adds the answers that find returns for each rule of opts.Refresh, and
// returns them. Kept are the requests that were in flight when a run was killed, and
// have an answer. The rules change nothing in the checkpoint: what is not asked in the
// end is answered.
func (p *Plan) ChooseRefresh(opts ImportOptions, kept []int64, find func(RefreshRule) ([]Chosen, error)) (list []Chosen, err error) {
	known := map[int64]bool{}
	for _, rule := range opts.Refresh {
		found, err := find(rule)
		if err != nil {
			return nil, err
		}
		answers := map[string]int{}
		for _, c := range found {
			if !known[c.ID] {
				known[c.ID] = true
				list = append(list, c)
				answers[c.Mode]++
			}
		}
		p.AddRefresh(Refresh{Rule: rule.Name, Answers: answers})
	}
	p.Kept = len(slices.DeleteFunc(kept, func(id int64) bool { return known[id] }))
	return list, nil
}

// AddRefresh adds the answers that a rule chose.
func (p *Plan) AddRefresh(chosen Refresh) {
	p.Refresh = append(p.Refresh, chosen)
	for mode, n := range chosen.Answers {
		p.Pending[mode] += n
		p.Answered -= n
	}
}

// OldestFirst sorts answers by their age, and returns their number by mode.
func OldestFirst(list []Chosen) map[string]int {
	slices.SortFunc(list, func(a, b Chosen) int {
		return cmp.Or(cmp.Compare(a.Finished, b.Finished), cmp.Compare(a.Position, b.Position), cmp.Compare(a.ID, b.ID))
	})
	modes := map[string]int{}
	for _, c := range list {
		modes[c.Mode]++
	}
	return modes
}
