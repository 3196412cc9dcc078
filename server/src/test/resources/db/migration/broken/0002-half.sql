CREATE TABLE half (number ${key});

CREATE TABLE thing (number ${key});
