"""The post office: messages, headers and mailers; knows no subscriber and no database."""
