package message

import "strings"

// phrases are what stands around a message in a mail.
type phrases struct {
	// hello greets by name (%), dear without one.
	hello, dear string
	// choose comes before the options.
	choose string
}

var (
	english = phrases{
		hello: "Hello, %!", dear: "Hello!",
		choose: "Open one of these links to choose. Nothing is decided before you confirm it there.",
	}
	russian = phrases{
		hello: "Здравствуйте, %!", dear: "Здравствуйте!",
		choose: "Чтобы выбрать, откройте одну из ссылок. Пока вы не подтвердите выбор там, ничего не решено.",
	}
	ukrainian = phrases{
		hello: "Вітаємо, %!", dear: "Вітаємо!",
		choose: "Щоб обрати, відкрийте одне з посилань. Доки ви не підтвердите вибір там, нічого не вирішено.",
	}
)

// phrasesOf are those of the message's language, or the English ones.
func phrasesOf(language string) phrases {
	base, _, _ := strings.Cut(strings.ToLower(language), "-")
	switch base {
	case "ru":
		return russian
	case "uk":
		return ukrainian
	}
	return english
}

func (p phrases) greet(name string) string {
	if name == "" {
		return p.dear
	}
	return strings.Replace(p.hello, "%", name, 1)
}
