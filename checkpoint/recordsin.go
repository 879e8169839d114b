package checkpoint

import (
	"hash/crc32"

	"bizbatch/checkpoint/internal/keys"
)

// receiveRequest adds a request with its answers, within a transaction.
func (s *Store) receiveRequest(q *RequestRecord) error {
	key := keys.Of(q.Payload)
	err := s.insert("requests", q.Number, q.State, q.Position, q.Settings, q.Mode, q.Subject, q.Attempts, q.Interrupted, q.Passing, q.Run, q.Started, q.Finished, q.Cost,
		q.Reason, q.Error, q.RequestID, key[:], q.Payload)
	if err == nil && q.State == Answered {
		err = s.insert("answers", q.Number, crc32.ChecksumIEEE(q.Answer), q.Answer)
	}
	if err == nil && q.Origin != "" {
		err = s.insert("reused", q.Number, q.Origin)
	}
	if err == nil && q.Agreed {
		err = s.insert("agreed", q.Number)
	}
	if err == nil && q.Unfit {
		err = s.insert("unfit", q.Number, q.Times)
	}
	for i, a := range q.Earlier {
		waits := ""
		if i == len(q.Earlier)-1 {
			waits = q.Waits
		}
		if a.Answer == nil {
			a.Answer = []byte{} // it was pruned
		}
		if err == nil {
			err = s.insert("earlier", nil, q.Number, a.Run, a.Label, a.Cost, a.Started, a.Finished, a.Origin, waits, crc32.ChecksumIEEE(a.Answer), a.Answer)
		}
	}
	return err
}

func (s *Store) receiveRow(r *RowRecord) error {
	var request any
	if r.Request != 0 {
		request = r.Request
	}
	if r.Fields == nil {
		r.Fields = []byte{}
	}
	err := s.insert("rows", r.Position, request, r.Line, r.ID, r.Skip, r.Fields)
	if err == nil && r.Originals != nil {
		err = s.insert("masked", r.Position, r.Originals)
	}
	return err
}
