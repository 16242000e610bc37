package gateway

import (
	"net/http"
	"time"

	notificationv1 "kept.dev/proto/gen/kept/notification/v1"
)

// sight is what an action's page shows.
type sight struct {
	status    int
	Language  string
	Heading   string
	Text      string
	Label     string // of the button; without one, there is no button
	Until     *moment
	UntilText string
	About     string
}

// moment is a time for people and for machines.
type moment struct{ Human, Machine string }

func newMoment(t time.Time) *moment {
	t = t.UTC()
	return &moment{t.Format("02.01.2006 15:04 MST"), t.Format(time.RFC3339)}
}

// newSight shows where an action stands.
func newSight(action *notificationv1.Action) sight {
	language, known := languageOf(action.GetLanguageCode())
	if !known {
		language = defaultLanguage
	}
	texts := textsOf[language]
	s := sight{status: http.StatusOK, Language: language, Heading: action.GetTitle(), About: action.GetAbout()}
	switch action.GetState() {
	case notificationv1.Action_AVAILABLE:
		s.Text, s.Label, s.UntilText = texts.question, action.GetLabel(), texts.until
		if s.Label == "" {
			s.Label = action.GetChoice()
		}
		if action.GetExpireTime() != nil {
			s.Until = newMoment(action.GetExpireTime().AsTime())
		}
	case notificationv1.Action_TAKEN:
		s.Text = action.GetConfirmation()
	case notificationv1.Action_EXPIRED:
		s.status, s.Heading, s.Text = http.StatusGone, texts.expired, texts.help
	case notificationv1.Action_SUPERSEDED:
		s.status, s.Heading, s.Text = http.StatusGone, texts.superseded, texts.help
	default:
		return laterSight(language)
	}
	return s
}

func unknownSight(language string) sight {
	texts := textsOf[language]
	return sight{status: http.StatusNotFound, Language: language, Heading: texts.unknown, Text: texts.unknownHelp}
}

func refusedSight(language string) sight {
	texts := textsOf[language]
	return sight{status: http.StatusConflict, Language: language, Heading: texts.failed, Text: texts.failedHelp}
}

func laterSight(language string) sight {
	texts := textsOf[language]
	return sight{status: http.StatusServiceUnavailable, Language: language, Heading: texts.later, Text: texts.again}
}
