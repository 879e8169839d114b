package storetest

import (
	"errors"
	"net/url"
	"testing"

	"bizbatch/checkpoint"
)

// An OpenFor opens the store of a name, new or as it was left, for a service.
type OpenFor func(t testing.TB, name, endpoint string) (Store, error)

// TestEndpoints tests that a store goes over to another service, unless the first
// one was paid, or may have been.
func TestEndpoints(t *testing.T, open OpenFor) {
	uncharged := checkpoint.Fault{Reason: "unreachable", Message: "nobody answers", Attempts: 3, Started: noon, Finished: noon}
	charged := uncharged
	charged.MaybeCharged, charged.Cost = true, 24
	for _, test := range []struct {
		name    string
		do      func(checkpoint.Run, int64) error // to the first question, once it was sent; nil: it was not
		refused bool
	}{
		{"nothing was sent", nil, false},
		{"released", func(r checkpoint.Run, id int64) error { return r.Release(id, uncharged) }, false},
		{"failed", func(r checkpoint.Run, id int64) error { return r.Fail(id, uncharged) }, false},
		{"released, but perhaps charged", func(r checkpoint.Run, id int64) error { return r.Release(id, charged) }, true},
		{"failed, but perhaps charged", func(r checkpoint.Run, id int64) error { return r.Fail(id, charged) }, true},
		{"answered", func(r checkpoint.Run, id int64) error { return r.Complete(id, answer("yes")) }, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := openFirst(t, open)
			r, page := begin(t, s, 2)
			if test.do != nil {
				ok(t, errors.Join(r.Start(page[0].ID, noon, 24), test.do(r, page[0].ID)))
			}
			end(t, r)
			ok(t, s.Close())
			goesOver(t, open, test.refused)
		})
	}
	t.Run("in flight when the run was killed", func(t *testing.T) {
		s := openFirst(t, open)
		r, page := begin(t, s, 2)
		ok(t, r.Start(page[0].ID, noon, 24))
		ok(t, s.Close())
		goesOver(t, open, true)
	})
	t.Run("answered, and no row of the input any more", func(t *testing.T) {
		s := openFirst(t, open)
		r, page := begin(t, s, 2)
		ok(t, errors.Join(r.Start(page[0].ID, noon, 24), r.Complete(page[0].ID, answer("yes"))))
		end(t, r)
		_, err := s.Import(rowsOf(ask("2", "b")), checkpoint.ImportOptions{})
		ok(t, err)
		ok(t, s.Close())
		goesOver(t, open, true)
	})
}

// service returns the endpoint of a service that is the test's own: what another test
// answered is not answered there.
func service(t testing.TB, name string) string {
	return "https://" + name + "/" + url.PathEscape(t.Name())
}

// openFirst opens a new store for the first service, with questions a and b.
func openFirst(t *testing.T, open OpenFor) Store {
	t.Helper()
	s, err := open(t, "endpoint", service(t, "one"))
	ok(t, err)
	_, err = s.Import(rowsOf(ask("1", "a"), ask("2", "b")), checkpoint.ImportOptions{Digest: "both"})
	ok(t, err)
	return s
}

// goesOver opens the store for another service. Where that is not refused, all questions
// are asked there, and the first service is refused from the first answer on.
func goesOver(t *testing.T, open OpenFor, refused bool) {
	t.Helper()
	first, second := service(t, "one"), service(t, "two")
	s, err := open(t, "endpoint", second)
	if refused {
		isRefused(t, err, first, second)
		s, err = open(t, "endpoint", first)
		ok(t, err)
		sound(t, s)
		ok(t, s.Close())
		return
	}
	ok(t, err)
	sound(t, s)
	diff(t, "results", []string{"1 pending", "2 pending"}, results(t, s))
	plan, err := s.Import(rowsOf(ask("1", "a"), ask("2", "b")), checkpoint.ImportOptions{Digest: "both"})
	ok(t, err)
	diff(t, "to ask", 2, plan.ToAsk())
	r, page := begin(t, s, 2)
	diff(t, "why the first has no answer", "", page[0].Reason)
	ok(t, errors.Join(r.Start(page[0].ID, noon, 24), r.Complete(page[0].ID, answer("yes"))))
	end(t, r)
	sound(t, s)
	diff(t, "results", []string{"1 answered: yes", "2 pending"}, results(t, s))
	ok(t, s.Close())
	_, err = open(t, "endpoint", first)
	isRefused(t, err, second, first)
}

// isRefused checks that an error names the service whose answers are kept, and another.
func isRefused(t *testing.T, err error, have, want string) {
	t.Helper()
	var other *checkpoint.EndpointError
	if !errors.As(err, &other) || other.Have != have || other.Want != want {
		t.Errorf("got %v, want the refusal of %s for the answers of %s", err, want, have)
	}
}
